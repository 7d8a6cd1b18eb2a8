/** The faces that draw labels, as files of our own: no glyph server, nothing from another machine. */

import latinItalic from "@fontsource/noto-sans/files/noto-sans-latin-400-italic.woff2?url";
import latinRegular from "@fontsource/noto-sans/files/noto-sans-latin-400-normal.woff2?url";
import latinSemiBold from "@fontsource/noto-sans/files/noto-sans-latin-600-normal.woff2?url";
import extItalic from "@fontsource/noto-sans/files/noto-sans-latin-ext-400-italic.woff2?url";
import extRegular from "@fontsource/noto-sans/files/noto-sans-latin-ext-400-normal.woff2?url";
import extSemiBold from "@fontsource/noto-sans/files/noto-sans-latin-ext-600-normal.woff2?url";
import vietItalic from "@fontsource/noto-sans/files/noto-sans-vietnamese-400-italic.woff2?url";
import vietRegular from "@fontsource/noto-sans/files/noto-sans-vietnamese-400-normal.woff2?url";
import vietSemiBold from "@fontsource/noto-sans/files/noto-sans-vietnamese-600-normal.woff2?url";
import { type Fonts, fontFaces } from "./style.ts";

export const FONTS: Fonts = {
  ...fontFaces("Noto Sans Regular", { vietnamese: vietRegular, latinExt: extRegular, latin: latinRegular }),
  ...fontFaces("Noto Sans SemiBold", {
    vietnamese: vietSemiBold,
    latinExt: extSemiBold,
    latin: latinSemiBold,
  }),
  ...fontFaces("Noto Sans Italic", { vietnamese: vietItalic, latinExt: extItalic, latin: latinItalic }),
};
