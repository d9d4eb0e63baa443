"""Documents on the desk: scanners, folders and files as sources of pages, and what pages become before they are sealed."""
