/** Text as people compare it: no case, no tone, no vowel mark, đ as d. */
export function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase()
    .replaceAll("đ", "d");
}
