//! The customer base.

use crate::auth::{Anyone, By, Supervisors};
use crate::convert::history;
use crate::dto;
use crate::extract::{Asked, Body, Csv, Id};
use crate::problem::Problem;
use crate::routes::contacts::page_size;
use crate::state::State;
use axum::Json;
use axum::extract::State as With;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use domain::{Answer, Customer, CustomerId, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which customers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomerQuery {
    /// A part of the name, company, account or number.
    search: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Rows in a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Customers whose name, company, account or number holds the text.
#[utoipa::path(get, path = "/customers", tag = "customers", params(CustomerQuery),
    responses((status = 200, description = "A page of customers", body = dto::CustomerPage)))]
pub(crate) async fn list_customers(
    With(api): With<State>,
    _: By<Anyone>,
    Asked(asked): Asked<CustomerQuery>,
) -> Result<Json<dto::CustomerPage>, Problem> {
    let limit = page_size(asked.limit)?;
    let search = asked.search.unwrap_or_default();
    match api.ask(Query::Customers { search, cursor: asked.cursor, limit }).await? {
        Answer::Customers(page) => Ok(Json(page.into())),
        _ => Err(Problem::new("unexpected_answer")),
    }
}

/// Add a customer.
#[utoipa::path(post, path = "/customers", tag = "customers", request_body = dto::CustomerWrite,
    responses((status = 201, description = "The new customer", body = dto::Customer)))]
pub(crate) async fn create_customer(
    With(api): With<State>,
    _: By<Anyone>,
    Body(body): Body<dto::CustomerWrite>,
) -> Result<impl IntoResponse, Problem> {
    let customer = customer(api.ask(Query::SaveCustomer { id: None, fields: body.try_into()? }).await?)?;
    let place = AppendHeaders([(header::LOCATION, format!("/api/v1/customers/{}", customer.id))]);
    Ok((StatusCode::CREATED, place, Json(dto::Customer::from(customer))))
}

/// One customer.
#[utoipa::path(get, path = "/customers/{id}", tag = "customers",
    params(("id" = String, Path, description = "The customer")),
    responses((status = 200, description = "The customer", body = dto::Customer)))]
pub(crate) async fn read_customer(
    With(api): With<State>,
    _: By<Anyone>,
    Id(id): Id<CustomerId>,
) -> Result<Json<dto::Customer>, Problem> {
    Ok(Json(customer(api.ask(Query::Customer(id)).await?)?.into()))
}

/// Replace a customer's fields.
#[utoipa::path(put, path = "/customers/{id}", tag = "customers", request_body = dto::CustomerWrite,
    params(("id" = String, Path, description = "The customer")),
    responses((status = 200, description = "The customer as it is now", body = dto::Customer)))]
pub(crate) async fn replace_customer(
    With(api): With<State>,
    _: By<Anyone>,
    Id(id): Id<CustomerId>,
    Body(body): Body<dto::CustomerWrite>,
) -> Result<Json<dto::Customer>, Problem> {
    Ok(Json(customer(api.ask(Query::SaveCustomer { id: Some(id), fields: body.try_into()? }).await?)?.into()))
}

fn customer(answer: Answer) -> Result<Customer, Problem> {
    match answer {
        Answer::Customer(Some(customer)) => Ok(*customer),
        Answer::Customer(None) => Err(Problem::new("not_found")),
        _ => Err(Problem::new("unexpected_answer")),
    }
}

/// How to import.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportQuery {
    /// Check only, write nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Add customers from CSV.
///
/// The first line names the columns: name, company, tier, account, language, notes, phones, emails. Rows with errors
/// are left out and reported.
#[utoipa::path(post, path = "/customers/import", tag = "customers", params(ImportQuery),
    request_body(content = String, content_type = "text/csv", description = "The file, UTF-8"),
    responses((status = 200, description = "What was or would be done", body = dto::Import)))]
pub(crate) async fn import_customers(
    With(api): With<State>,
    _: By<Supervisors>,
    Asked(asked): Asked<ImportQuery>,
    Csv(csv): Csv,
) -> Result<Json<dto::Import>, Problem> {
    match api.ask(Query::ImportCustomers { csv, dry_run: asked.dry_run }).await? {
        Answer::Imported(report) => Ok(Json(history::import(report, asked.dry_run))),
        _ => Err(Problem::new("unexpected_answer")),
    }
}
