//! Messages: the lexer from bytes, the types, validation, the writer. Signatures: /tmp/briefs/sip-message-api.txt
