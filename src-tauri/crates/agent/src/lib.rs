//! The agent: follows the subscriptions, stores what they bring, shows it, and answers clients.
//!
//! From the ground up; each part is given handles for what it uses, and no part holds everything:
//! [`events`] tells clients, [`conditions`] holds the current conditions, [`ledger`] writes and tells,
//! [`subscriptions`] follows what [`reconcile`] says, [`status`] is the current status, [`actions`] does what a
//! message lets the person do, [`alerts`] shows, with pictures where wanted,
//! [`silence`] says when not, [`voice`] speaks of the connections, [`handlers`] runs the
//! person's commands,
//! [`configuration`] holds the settings, [`commands`] is what a client can ask for, [`http`] serves it.
//! [`run`] puts them together and is imported by no other part.

mod actions;
mod alerts;
pub mod autostart;
pub mod commands;
mod conditions;
mod configuration;
pub mod demo;
mod events;
mod handlers;
mod http;
pub mod ledger;
mod log;
mod metrics;
mod own;
pub mod print;
mod reconcile;
mod refusals;
mod registry;
pub mod relay;
pub mod run;
mod silence;
mod status;
mod subscriptions;
mod tally;
mod to_api;
mod tray;
mod voice;
mod words;
