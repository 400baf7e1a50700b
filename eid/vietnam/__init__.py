"""This country's law and layouts, dated and replaceable."""
