"""Programs for the people who build kubeglass; nothing here is shipped."""
