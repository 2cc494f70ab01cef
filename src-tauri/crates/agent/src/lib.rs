//! What runs all day: follows the subscriptions, keeps what they bring, shows it, and answers clients.
//!
//! From the ground up; each part is given handles for what it uses, and nobody holds everything:
//! [`events`] tells clients, [`conditions`] holds what is not well, [`ledger`] writes and tells,
//! [`subscriptions`] follows what [`reconcile`] says, [`status`] is how all is now, [`alerts`] shows,
//! [`configuration`] is what the settings say, [`commands`] is what a client can ask, [`http`] is where.
//! [`run`] puts them together and is imported by nobody.

mod alerts;
pub mod commands;
mod conditions;
mod configuration;
pub mod demo;
mod events;
mod http;
pub mod ledger;
mod log;
pub mod print;
mod reconcile;
mod registry;
pub mod run;
mod status;
mod subscriptions;
mod to_api;
mod tray;
mod words;
