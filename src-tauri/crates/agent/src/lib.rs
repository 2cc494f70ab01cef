//! The shell around the engine: everything that touches a network, a disk, a desktop or a clock.
//!
//! [`agent`] puts the parts together. Each followed subscription is a [`driver`] over a link of the
//! engine, with [`follow`] as its sink; [`sse`] makes its connections; what it stores goes from the
//! outbox to the desktop by [`notify`]. Clients come in through [`server`].

mod access;
pub mod add;
pub mod agent;
mod apply;
mod claim;
mod clock;
mod core;
pub mod demo;
pub mod dials;
pub mod doctor;
pub mod driver;
pub mod files;
mod follow;
mod hub;
pub mod listen;
mod log;
mod notify;
pub mod opener;
mod owed;
mod pages;
mod present;
pub mod presets;
pub mod print;
mod probe;
pub mod resume;
mod rules;
mod sample;
mod secrets;
mod server;
pub mod settings;
pub mod signals;
pub mod sse;
mod surroundings;
mod tray;
mod watch;
mod ways;
mod words;
