"""Who is told what: letters with their cards, buttons and files, before they are bytes."""
