"""The sync protocol that both sides speak: mutations, messages, versions, digests, and how conflicts are settled."""
