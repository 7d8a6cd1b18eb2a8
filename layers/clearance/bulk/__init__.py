"""Work in bulk: rows from a workbook or a drawn area, judged singly, submitted, approved by another."""
