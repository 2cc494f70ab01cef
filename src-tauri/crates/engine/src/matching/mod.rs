//! Descriptions of events, as the person writes them: where a value stands, what a text must look
//! like, how a text is put together. Mappings and rules are made of these.
//!
//! Each is checked when it is read, so that a wrong one is an error in its file and never one while
//! events come in. Nothing here takes longer than its bounds allow, whatever an event holds.

mod condition;
mod many;
mod pattern;
mod pointer;
mod template;

pub use condition::{Condition, Facts};
pub use many::OneOrMany;
pub use pattern::{Pattern, WEIGHT_MAX};
pub use pointer::Pointer;
pub use template::Template;
