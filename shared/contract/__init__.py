"""The words of Inlet: messages, definitions, tokens, receipts, stamps, topology, codes. Pure: no I/O."""
