//! SQLite, compiled from C by the crate that brings it.

fn main() -> rusqlite::Result<()> {
    let database = rusqlite::Connection::open_in_memory()?;
    database.execute_batch(
        "CREATE TABLE fruit (name TEXT, price INTEGER);
         INSERT INTO fruit VALUES ('apple', 2), ('pear', 3), ('plum', 1);",
    )?;
    let total: i64 = database.query_row("SELECT sum(price) FROM fruit", [], |row| row.get(0))?;
    println!("{total}");
    Ok(())
}
