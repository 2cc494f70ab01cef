//! The network of one subscription: [`connection`] makes one connection and says what comes on it,
//! [`driver`] lets the engine's link decide what to do with it, [`probe`] finds out what a URL speaks.
//!
//! It knows no settings, no store and no desktop.

pub mod connection;
pub mod dials;
pub mod driver;
pub mod probe;
pub mod routes;
