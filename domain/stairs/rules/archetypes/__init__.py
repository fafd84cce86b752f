"""The five archetypes: what each is made of, and how a registry expands into tests."""
