//! One voice contact.
