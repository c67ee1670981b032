"""One module per revision, numbered. A revision that was released is never edited."""
