"""The documents as a site: what MkDocs calls while it builds, and the pages made from the code."""
