//! Clients of the engines, over a stream that a runtime dialled.
