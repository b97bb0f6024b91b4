//! Tab-separated tables with a heading, compiled in.

/// A table.
pub(crate) struct Table {
    columns: Vec<&'static str>,
    lines: Vec<Vec<&'static str>>,
}

/// One line of a table, read by column name.
pub(crate) struct Row<'t> {
    columns: &'t [&'static str],
    cells: &'t [&'static str],
}

impl Table {
    pub(crate) fn parse(text: &'static str) -> Self {
        let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let columns = lines.next().expect("a table has a heading");
        Self { columns, lines: lines.collect() }
    }

    /// Every line, read by `read`.
    pub(crate) fn rows<T>(&self, read: impl Fn(&Row<'_>) -> T) -> Vec<T> {
        self.lines.iter().map(|cells| read(&Row { columns: &self.columns, cells })).collect()
    }
}

impl Row<'_> {
    /// The cell of `column`.
    pub(crate) fn text(&self, column: &str) -> &'static str {
        let index = self.columns.iter().position(|known| *known == column);
        let index = index.unwrap_or_else(|| panic!("no column {column} in {:?}", self.columns));
        self.cells.get(index).copied().unwrap_or_else(|| panic!("a line is short: {:?}", self.cells))
    }

    /// The cell of `column`; none where it is empty.
    pub(crate) fn optional(&self, column: &str) -> Option<&'static str> {
        Some(self.text(column)).filter(|cell| !cell.is_empty())
    }

    /// The cell's number; none where it is empty.
    pub(crate) fn number<N: std::str::FromStr>(&self, column: &str) -> Option<N> {
        let cell = self.optional(column)?;
        Some(cell.parse().unwrap_or_else(|_| panic!("column {column} holds '{cell}', which is no number")))
    }

    /// Whether the cell says `yes`.
    pub(crate) fn yes(&self, column: &str) -> bool {
        self.text(column) == "yes"
    }

    /// Whether no primary source confirms the cell of `column`.
    pub(crate) fn is_uncertain(&self, column: &str) -> bool {
        self.text("uncertain").split(',').any(|named| named == column)
    }
}
