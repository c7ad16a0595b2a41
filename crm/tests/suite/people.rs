//! Customers.

use crate::place::{Place, customer, over, started, story};
use crm::Store;
use domain::{
    AgentRow, Answer, ContactEventKind as Kind, ContactFilter, Customer, CustomerId, DispositionRow, ImportReport,
    Language, NewCustomer, Outcome, Query, QueryError, Redacted,
};

fn marta() -> NewCustomer {
    NewCustomer {
        name: Redacted::from("Marta Keller"),
        company: "Keller Bakery GmbH".to_owned(),
        tier: "gold".to_owned(),
        account: "K-1".to_owned(),
        language: "de".parse().ok(),
        notes: String::new(),
        phones: vec![Redacted::from("030 23125 042"), Redacted::from("6001")],
        emails: vec![Redacted::from("Marta@Keller.example")],
    }
}

async fn save(store: &Store, fields: NewCustomer) -> Customer {
    customer(store.answer(Query::SaveCustomer { id: None, fields }).await).unwrap()
}

async fn search(store: &Store, text: &str) -> Vec<String> {
    let query = Query::Customers { search: text.to_owned(), cursor: None, limit: 200 };
    let Answer::Customers(page) = store.answer(query).await.unwrap() else { panic!() };
    page.items.into_iter().map(|customer| customer.name.0).collect()
}

async fn import(store: &Store, csv: &str, dry_run: bool) -> ImportReport {
    let query = Query::ImportCustomers { csv: csv.to_owned(), dry_run };
    let Answer::Imported(report) = store.answer(query).await.unwrap() else { panic!() };
    report
}

pub async fn a_customer_is_found_by_any_spelling_of_the_number(place: &Place) {
    let mut rig = place.rig().await;
    let saved = save(&rig.store, marta()).await;
    assert_eq!(saved.contact_points[0].normal, Redacted::from("+493023125042"));
    let spellings = ["+493023125042", "030/23125042", "493023125042", "0049 30 23125-042", "6001", "sip:6001@here"];
    for number in spellings {
        let found = rig.store.answer(Query::CustomerByNumber { number: Redacted::from(number) }).await;
        assert_eq!(customer(found).map(|customer| customer.id), Some(saved.id), "{number}");
    }
    for number in ["", "anonymous", "600", "60010", "+493023125043", "%", "marta@keller.example"] {
        let found = rig.store.answer(Query::CustomerByNumber { number: Redacted::from(number) }).await;
        assert_eq!(customer(found), None, "{number}");
    }
    for contact in 1..=5 {
        let mut kinds = vec![started("+493023125042"), Kind::CustomerIdentified { customer: saved.id }];
        kinds.extend(over(Outcome::SelfServed));
        rig.keep(&story(contact, kinds)).await;
    }
    let found = customer(rig.store.answer(Query::Customer(saved.id)).await).unwrap();
    assert_eq!((found.contacts_total, found.last_contacts.len()), (5, 3));
    assert!(found.last_contacts.is_sorted_by_key(|last| std::cmp::Reverse(last.at)));
    rig.writer.stop().await;
}

pub async fn a_customer_is_saved_changed_and_found_by_text(place: &Place) {
    let store = place.store().await;
    let saved = save(&store, marta()).await;
    let wang = NewCustomer { name: Redacted::from("王芳 🎧"), company: "100%_!".into(), ..NewCustomer::default() };
    save(&store, wang).await;
    for (text, expected) in [
        ("", vec!["Marta Keller", "王芳 🎧"]),
        ("kELLer", vec!["Marta Keller"]),
        ("k-1", vec!["Marta Keller"]),
        ("030 23125", vec!["Marta Keller"]),
        ("+49 (30) 23125042", vec!["Marta Keller"]),
        ("marta@keller", vec!["Marta Keller"]),
        ("芳", vec!["王芳 🎧"]),
        ("%_!", vec!["王芳 🎧"]),
        ("_", vec!["王芳 🎧"]),
        ("nobody", vec![]),
    ] {
        assert_eq!(search(&store, text).await, expected, "{text}");
    }
    let fields = NewCustomer { name: Redacted::from("Marta K."), phones: vec![], ..marta() };
    let changed = customer(store.answer(Query::SaveCustomer { id: Some(saved.id), fields }).await).unwrap();
    assert_eq!((changed.id, changed.name.0.as_str(), changed.contact_points.len()), (saved.id, "Marta K.", 1));
    let unknown = Query::SaveCustomer { id: Some(CustomerId::new(1)), fields: marta() };
    assert_eq!(store.answer(unknown).await.unwrap_err(), QueryError::NotFound);
    assert_eq!(customer(store.answer(Query::Customer(CustomerId::new(1))).await), None);
}

pub async fn a_bad_field_is_named(place: &Place) {
    let store = place.store().await;
    save(&store, marta()).await;
    let cases = [
        ("name", NewCustomer { name: Redacted::from(" \0 ").0.replace('\0', "").as_str().into(), ..marta() }),
        ("phones", NewCustomer { phones: vec![Redacted::from("call me")], account: String::new(), ..marta() }),
        ("emails", NewCustomer { emails: vec![Redacted::from("nowhere")], account: String::new(), ..marta() }),
        ("account", marta()),
        ("account", NewCustomer { account: "x".repeat(500), ..marta() }),
    ];
    for (name, fields) in cases {
        match store.answer(Query::SaveCustomer { id: None, fields }).await.unwrap_err() {
            QueryError::BadField { field, .. } => assert_eq!(field, name),
            other => panic!("{name}: {other}"),
        }
    }
    let long = NewCustomer { name: Redacted("名".repeat(3_500)), account: "nul\0".into(), ..NewCustomer::default() };
    let saved = save(&store, long).await;
    assert_eq!((saved.name.0.len(), saved.account.as_str()), (10_500, "nul\u{fffd}"));
}

pub async fn the_customer_list_goes_on_where_it_stopped(place: &Place) {
    let store = place.store().await;
    for number in 0..9 {
        let name = Redacted::from(["Zoe", "anna", "Émile"][number % 3]);
        save(&store, NewCustomer { name, account: number.to_string(), ..NewCustomer::default() }).await;
    }
    let (mut names, mut ids, mut cursor) = (Vec::new(), std::collections::BTreeSet::new(), None);
    loop {
        let query = Query::Customers { search: String::new(), cursor, limit: 2 };
        let Answer::Customers(page) = store.answer(query).await.unwrap() else { panic!() };
        assert!(page.items.len() <= 2);
        ids.extend(page.items.iter().map(|customer| customer.id));
        names.extend(page.items.into_iter().map(|customer| customer.name.0));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(names, ["anna", "anna", "anna", "Zoe", "Zoe", "Zoe", "Émile", "Émile", "Émile"]);
    assert_eq!(ids.len(), 9);
    let gone = Query::Customers { search: String::new(), cursor: Some(CustomerId::new(5).to_string()), limit: 2 };
    assert_eq!(store.answer(gone).await.unwrap_err(), QueryError::BadCursor);
}

pub async fn an_import_adds_and_changes_and_names_bad_rows(place: &Place) {
    let store = place.store().await;
    save(&store, marta()).await;
    let csv = "\u{feff}name,company,tier,account,language,phones,emails,notes\r\n\
        Marta K.,Keller,gold,K-1,de,030 23125 042;6001,,\"two\nlines\"\r\n\
        王芳,晨光,,K-2,zh,+86 139 1234 5678,a@b.example; c@d.example,\r\n\
        \r\n,nameless,,K-3,,,,\r\n\
        Bad Phone,,,K-4,,call me,,\r\n\
        Bad Language,,,K-5,not a language,,,\r\n\
        Twice,,,K-2,,,,\r\n\
        Too,,,K-6,,,,,many,\r\n\
        \"=HYPERLINK(\"\"http://x\"\")\",@SUM(A1),,K-7,,,,+1\r\n";
    for dry_run in [true, false] {
        let report = import(&store, csv, dry_run).await;
        assert_eq!((report.added, report.changed), (2, 1), "{:?}", report.errors);
        let errors: Vec<_> = report.errors.iter().map(|error| (error.line, error.column.as_str())).collect();
        assert_eq!(errors, [(6, "name"), (7, "phones"), (8, "language"), (9, "account"), (10, "notes")]);
        let names = search(&store, "").await;
        assert_eq!(names.len(), if dry_run { 1 } else { 3 });
        assert_eq!(names.contains(&"=HYPERLINK(\"http://x\")".to_owned()), !dry_run);
    }
    let again = import(&store, csv, false).await;
    assert_eq!((again.added, again.changed), (0, 3));
    let wang = customer(store.answer(Query::CustomerByAccount { account: Redacted::from("K-2") }).await).unwrap();
    assert_eq!((wang.language, wang.contact_points.len()), (Some(Language::ZH), 3));
    for (csv, column) in [("surname,name\nx,y\n", "surname"), ("company\nx\n", "name"), ("", "name")] {
        let report = import(&store, csv, false).await;
        assert_eq!((report.added, report.errors[0].line, report.errors[0].column.as_str()), (0, 1, column));
    }
}

pub async fn the_demo_has_customers_with_a_past(place: &Place) {
    let store = place.store().await;
    let agent = |(id, name): (&str, &str)| AgentRow { id: id.parse().unwrap(), name: name.to_owned() };
    store.seed_agents(&[("li.wei", "Li Wei"), ("10", "Ten"), ("9", "Nine")].map(agent)).await.unwrap();
    let queue = |(id, name): (&str, &str)| (id.parse().unwrap(), name.to_owned());
    store.seed_queues(&[("support", "Support"), ("sales", "Sales")].map(queue)).await.unwrap();
    let resolved = DispositionRow {
        code: "resolved".parse().unwrap(),
        labels: vec![(Language::ZH, "已解决".to_owned()), (Language::EN, "Resolved".to_owned())],
        queues: vec!["support".parse().unwrap()],
    };
    for _ in 0..2 {
        store.seed_dispositions(std::slice::from_ref(&resolved)).await.unwrap();
    }
    let Answer::Dispositions(rows) = store.answer(Query::Dispositions).await.unwrap() else { panic!() };
    assert_eq!(rows, [resolved]);
    let Answer::Agents(agents) = store.answer(Query::Agents).await.unwrap() else { panic!() };
    assert_eq!(agents.iter().map(|agent| agent.id.to_string()).collect::<Vec<_>>(), ["9", "10", "li.wei"]);

    let now = crm::wall_now();
    assert!(store.demo_customers(now).await.unwrap());
    assert!(!store.demo_customers(now).await.unwrap());
    assert_eq!(search(&store, "").await.len(), 14);
    let query = Query::Contacts { filter: ContactFilter::default(), cursor: None, limit: 200 };
    let Answer::Contacts(page) = store.answer(query).await.unwrap() else { panic!() };
    assert!(page.items.len() >= 40);
    for row in &page.items {
        assert!(row.closed.is_some_and(|closed| closed <= now) && row.customer_name.is_some());
        let found = crate::place::detail(&store, row.id).await;
        assert_eq!(found.row.wait_ms, crm::fold::recompute(row.id, &found.events).row.wait_ms);
        assert!(found.interactions.iter().all(|part| part.queue == found.row.queue), "offered from another queue");
    }
    for number in ["6001", "+493023125042", "030 23125042"] {
        let found = store.answer(Query::CustomerByNumber { number: Redacted::from(number) }).await;
        let found = customer(found).unwrap();
        assert!(found.contacts_total >= 1, "{} has no past", found.name.0);
        for last in &found.last_contacts {
            assert!(last.queue.as_deref().is_none_or(|queue| ["Support", "Sales"].contains(&queue)));
            assert!(last.disposition.as_deref().is_none_or(|label| label == "Resolved"));
        }
    }
    assert_eq!(store.close_interrupted(now).await.unwrap(), []);
}
