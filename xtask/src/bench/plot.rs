//! Plots for the page of figures.

use camino::Utf8Path;
use plotters::prelude::{
    ChartBuilder, Color, IntoDrawingArea, IntoLogRange, LineSeries, Palette, Palette99, PathElement,
    SVGBackend, SeriesLabelPosition, WHITE,
};

use crate::Result;

/// Lines over two logarithmic axes, on which what grows with the work is straight.
pub(super) struct Plot<'a> {
    pub(super) title: &'a str,
    /// What goes to the right.
    pub(super) across: &'a str,
    /// What goes up.
    pub(super) up: &'a str,
    pub(super) lines: Vec<Line<'a>>,
}

pub(super) struct Line<'a> {
    pub(super) name: &'a str,
    pub(super) points: Vec<(f64, f64)>,
}

const SIZE: (u32, u32) = (760, 420);

impl Plot<'_> {
    pub(super) fn write(&self, file: &Utf8Path) -> Result {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let range = |values: &mut dyn Iterator<Item = f64>| {
            let (least, most) =
                values.fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(value), most.max(value)));
            // Room around the outermost.
            (least / 1.5..most * 1.5).log_scale()
        };
        let across = range(&mut points().map(|point| point.0));
        let up = range(&mut points().map(|point| point.1));
        let area = SVGBackend::new(file, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(self.title, ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(across, up)?;
        let mut mesh = chart.configure_mesh();
        mesh.x_desc(self.across).y_desc(self.up).light_line_style(WHITE).draw()?;
        for (number, line) in self.lines.iter().enumerate() {
            let color = Palette99::pick(number);
            let series = LineSeries::new(line.points.iter().copied(), color.stroke_width(2)).point_size(3);
            let name = line.name.replace('`', "");
            chart.draw_series(series)?.label(name).legend(move |(x, y)| {
                PathElement::new([(x, y), (x + 16, y)], Palette99::pick(number).stroke_width(2))
            });
        }
        // Lines rise to the right.
        let mut labels = chart.configure_series_labels();
        labels.position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.8)).draw()?;
        area.present()?;
        Ok(())
    }
}
