"""Fonts: found, checked, dealt to nodes, drawn once into an atlas."""
