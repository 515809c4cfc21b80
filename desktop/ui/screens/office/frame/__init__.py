"""What surrounds every page of the office: sidebar, top bar, filters, tables in a frame, forms."""
