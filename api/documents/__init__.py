"""Papers: what a verb found, as PDF, workbook or map, with words from the one catalogue."""
