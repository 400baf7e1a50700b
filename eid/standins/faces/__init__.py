"""Drawn portraits of nobody, for this project: an SVG each, and the JPEG a browser made of it.

Named for sex, age and a number, as in `f-young-1`; 240 by 320 pixels, JPEG quality 82.
"""
