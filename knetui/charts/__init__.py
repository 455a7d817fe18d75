"""Charts: lines on scales, drawn in braille or as pictures; nothing here knows of runs."""
