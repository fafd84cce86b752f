"""The network as it is built: substations, feeders, devices, transformers, meters; importers and topology rules."""
