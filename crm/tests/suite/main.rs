//! One suite for both engines: what holds on SQLite holds on PostgreSQL.
//!
//! PostgreSQL is started here, in a temporary directory, and ended when the test ends.

mod access;
mod flows;
mod history;
mod people;
mod place;
mod postgres;
mod spooling;
mod surveys;
mod visits;

use place::Place;
use postgres::Cluster;

macro_rules! on_both_engines {
    ($($module:ident::$case:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    crate::$module::$case(&crate::Place::sqlite()).await;
                }
            )*
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn every_case_holds_on_postgresql() {
            let cluster = Cluster::start();
            $(
                println!("{}", stringify!($case));
                $module::$case(&cluster.place(stringify!($case)).await).await;
            )*
        }
    };
}

on_both_engines! {
    history::a_call_becomes_a_row_that_equals_its_recomputation,
    history::first_events_and_full_batches_do_not_wait_and_a_stop_stores_the_rest,
    history::contacts_cut_off_by_a_crash_are_closed_as_system,
    history::a_mended_recording_gets_its_row,
    history::pages_go_from_the_newest_to_the_oldest_without_gap_or_repeat,
    history::filters_choose_contacts,
    history::messages_that_wait_are_listed_for_the_agents_of_their_queue,
    history::poison_is_stored_and_blocks_nothing,
    history::a_database_of_a_newer_version_is_left_alone,
    surveys::answers_are_listed_by_time_and_queue,
    surveys::a_long_list_of_answers_comes_in_pages_without_gap_or_repeat,
    visits::the_log_has_every_visit_that_ended_in_time,
    visits::a_long_log_comes_in_pages_without_gap_or_repeat,
    visits::steps_of_messages_and_surveys_are_told_while_they_are_open_or_of_today,
    visits::calls_back_are_told_from_their_first_step_on_while_they_are_open_or_of_today,
    spooling::events_outlive_a_slow_database_and_arrive_once,
    spooling::a_killed_writer_leaves_its_spool_to_the_next_start,
    people::a_customer_is_found_by_any_spelling_of_the_number,
    people::a_customer_is_saved_changed_and_found_by_text,
    people::a_bad_field_is_named,
    people::the_customer_list_goes_on_where_it_stopped,
    people::an_import_adds_and_changes_and_names_bad_rows,
    people::the_demo_has_customers_with_a_past,
    access::only_the_right_password_opens,
    access::a_session_lives_until_it_is_over_or_ended,
    access::seeding_again_changes_only_what_changed,
    flows::versions_are_counted_and_keep_their_texts,
    flows::a_version_that_did_not_come_into_force_leaves_its_number,
    flows::each_writer_has_a_draft_of_a_file,
}

#[tokio::test(flavor = "multi_thread")]
async fn events_outlive_a_stopped_postgresql_and_arrive_once() {
    let cluster = Cluster::start();
    spooling::events_outlive_a_restart(&cluster).await;
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_explained() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let below_a_file = format!("sqlite:{}/switchroom.db", file.display());
    let cases = [
        ("mysql://localhost/x", "must begin with `sqlite:` or `postgres://`"),
        (below_a_file.as_str(), "cannot be written"),
        ("postgres://nobody:secret@127.0.0.1:1/none", "PostgreSQL at 127.0.0.1:1 does not answer"),
    ];
    for (url, sentence) in cases {
        let text = crm::Store::open(url, dir.path()).await.unwrap_err().to_string();
        assert!(text.contains(sentence), "{url}: {text}");
        assert!(!text.contains("secret"));
    }
    let text = crm::Store::open("sqlite::memory:", &file.join("data")).await.unwrap_err().to_string();
    assert!(text.contains("cannot be written"), "{text}");
}

#[tokio::test]
async fn a_store_in_memory_answers() {
    let dir = tempfile::tempdir().unwrap();
    let store = crm::Store::open("sqlite::memory:", dir.path()).await.unwrap();
    store.ping().await.unwrap();
    assert!(store.demo_customers(crm::wall_now()).await.unwrap());
}
