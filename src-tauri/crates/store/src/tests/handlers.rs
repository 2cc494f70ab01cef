//! Runs of handlers.

use hark_engine::handlers::{On, RunEnd};

use super::*;

#[test]
fn runs_are_kept_within_a_bound_and_read_by_handler_and_subscription() {
    let mut world = World::new();
    let run = |n: u64, handler: &str, subscription: &str| HandlerRun {
        id: 0,
        at: now(),
        handler: handler.to_owned(),
        on: On::Lost,
        subscription: subscription.to_owned(),
        by_hand: n == 1,
        took_ms: n,
        ended: if n == 1 { RunEnd::TimedOut } else { RunEnd::Code(3) },
        output: "a\nb".to_owned(),
    };
    for n in 0..1_005 {
        world.store.handler_ran(&run(n, "many", "builds")).unwrap();
    }
    let id = world.store.handler_ran(&run(1, "other", "backups")).unwrap();
    world = world.reopened();
    assert_eq!(world.store.handler_runs(None, None, 9_999).unwrap().len(), 1_000);
    let wanted = HandlerRun { id, ..run(1, "other", "backups") };
    assert_eq!(world.store.handler_runs(Some("other"), None, 9).unwrap(), [wanted]);
    assert_eq!(world.store.handler_runs(None, Some("backups"), 9).unwrap()[0].id, id);
    assert_eq!(world.store.handler_runs(Some("many"), None, 1).unwrap()[0].took_ms, 1_004);
}
