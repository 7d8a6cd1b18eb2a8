/* Draws layers of the catalogue in Leaflet: the paint is MapLibre's, evaluated here at every zoom.
   Whatever people wrote arrives as JSON and becomes text, never markup. */
"use strict";

const didoi = (() => {
  const DEGREE = 1e5; // positions come as whole 1e-5 degrees (1.1 m), each but the first as a difference
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const sheet = read("didoi-sheet");
  const drawn = [];

  // --- MapLibre expressions -----------------------------------------------------------------------

  const OPERATORS = {
    literal: (_, [item]) => item,
    zoom: (at) => at.zoom,
    get: (at, [name]) => at.row[name] ?? null,
    has: (at, [name]) => (at.row[name] ?? null) !== null,
    "!": (at, [a]) => !value(a, at),
    all: (at, tests) => tests.every((test) => value(test, at)),
    any: (at, tests) => tests.some((test) => value(test, at)),
    "==": (at, [a, b]) => value(a, at) === value(b, at),
    "!=": (at, [a, b]) => value(a, at) !== value(b, at),
    "<": (at, [a, b]) => value(a, at) < value(b, at),
    "<=": (at, [a, b]) => value(a, at) <= value(b, at),
    ">": (at, [a, b]) => value(a, at) > value(b, at),
    ">=": (at, [a, b]) => value(a, at) >= value(b, at),
    coalesce: (at, items) => items.map((item) => value(item, at)).find((item) => item !== null) ?? null,
    case: (at, items) => {
      for (let i = 0; i + 1 < items.length; i += 2) if (value(items[i], at)) return value(items[i + 1], at);
      return value(items[items.length - 1], at);
    },
    match: (at, [input, ...arms]) => {
      const given = value(input, at);
      for (let i = 0; i + 1 < arms.length; i += 2)
        if (Array.isArray(arms[i]) ? arms[i].includes(given) : arms[i] === given) return value(arms[i + 1], at);
      return value(arms[arms.length - 1], at);
    },
    step: (at, [input, first, ...stops]) => {
      const given = value(input, at);
      let found = first;
      for (let i = 0; i < stops.length; i += 2) if (given >= stops[i]) found = stops[i + 1];
      return value(found, at);
    },
    interpolate: (at, [[kind, base], input, ...stops]) => {
      const given = value(input, at);
      if (given <= stops[0]) return value(stops[1], at);
      for (let i = 2; i < stops.length; i += 2) {
        if (given > stops[i]) continue;
        const [low, high] = [stops[i - 2], stops[i]];
        const even = (given - low) / (high - low);
        const share = kind === "exponential" && base !== 1 ? (base ** (given - low) - 1) / (base ** (high - low) - 1) : even;
        return mixed(value(stops[i - 1], at), value(stops[i + 1], at), share);
      }
      return value(stops[stops.length - 1], at);
    },
  };

  function value(expression, at) {
    if (!Array.isArray(expression) || typeof expression[0] !== "string") return expression;
    const [operator, ...rest] = expression;
    if (!(operator in OPERATORS)) throw new Error(`no such operator: ${operator}`);
    return OPERATORS[operator](at, rest);
  }

  function mixed(a, b, share) {
    if (typeof a === "number") return a + (b - a) * share;
    const parts = (hex) => [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
    const [from, to] = [parts(a), parts(b)];
    return `rgb(${from.map((c, i) => Math.round(c + (to[i] - c) * share)).join(",")})`;
  }

  // --- features -------------------------------------------------------------------------------------

  function positions(flat) {
    const found = [];
    let x = 0;
    let y = 0;
    for (let i = 0; i < flat.length; i += 2) {
      x += flat[i];
      y += flat[i + 1];
      found.push([y / DEGREE, x / DEGREE]);
    }
    return found;
  }

  function rows(columns, count) {
    const made = Array.from({ length: count }, () => ({}));
    for (const [name, { values, at }] of Object.entries(columns))
      for (let i = 0; i < count; i += 1) {
        const found = at ? (at[i] < 0 ? null : values[at[i]]) : values[i];
        if (found !== null) made[i][name] = found;
      }
    return made;
  }

  const SHAPES = {
    polygon: (shape, options) => L.polygon(shape.map((part) => part.map(positions)), options),
    line: (shape, options) => L.polyline(shape.map(positions), options),
    point: (shape, options) => L.circleMarker(positions(shape)[0], options),
  };

  // "No data" is hatched, wherever a fill has its colour.
  const hatch = (() => {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 7;
    const pen = tile.getContext("2d");
    pen.fillStyle = sheet.nodata.fill;
    pen.fillRect(0, 0, 7, 7);
    pen.strokeStyle = sheet.nodata.line;
    for (const from of [-7, 0, 7]) {
      pen.moveTo(from, 7);
      pen.lineTo(from + 7, 0);
    }
    pen.stroke();
    return pen.createPattern(tile, "repeat");
  })();

  const NOTHING = { stroke: false, fill: false, interactive: false };
  const STYLES = {
    fill: (of) => {
      const colour = of("fill-color", "#000000");
      return { stroke: false, fill: true, fillColor: colour === sheet.nodata.fill ? hatch : colour, fillOpacity: of("fill-opacity", 1) };
    },
    line: (of) => {
      const weight = of("line-width", 1);
      const dashes = of("line-dasharray", null);
      return { fill: false, stroke: true, color: of("line-color", "#000000"), weight, opacity: of("line-opacity", 1),
        dashArray: dashes && dashes.map((dash) => dash * weight).join(" "), lineCap: "butt", lineJoin: "round" };
    },
    circle: (of) => {
      const weight = of("circle-stroke-width", 0);
      return { fill: true, fillColor: of("circle-color", "#000000"), fillOpacity: of("circle-opacity", 1), radius: of("circle-radius", 5),
        stroke: weight > 0, color: of("circle-stroke-color", "#000000"), weight, opacity: of("circle-stroke-opacity", 1) };
    },
  };

  // MapLibre counts zooms in tiles of 512 px, Leaflet in tiles of 256 px.
  const zoomOf = (map) => map.getZoom() - 1;
  const within = (paint, zoom) => zoom >= (paint.minzoom ?? -1) && zoom < (paint.maxzoom ?? 99);

  function style(paint, row, zoom, clickable) {
    const at = { row, zoom };
    if (!within(paint, zoom) || (paint.filter && !value(paint.filter, at))) return NOTHING;
    const of = (name, otherwise) => (name in paint.paint ? value(paint.paint[name], at) : otherwise);
    const made = { interactive: clickable, ...STYLES[paint.type](of) };
    if (row.faint) {
      made.fillOpacity = (made.fillOpacity ?? 0) * 0.16;
      made.opacity = (made.opacity ?? 0) * 0.4;
    }
    return made;
  }

  function layer(id, map) {
    const told = read(id);
    const features = rows(told.columns, told.shapes.length);
    for (const i of told.faint) features[i].faint = true;
    const group = L.featureGroup();
    const passes = told.paint.filter((paint) => paint.type in STYLES);
    const hit = passes.findIndex((paint) => paint.type !== "line");
    for (const [i, paint] of passes.entries()) {
      const clickable = i === (hit < 0 ? passes.length - 1 : hit);
      told.shapes.forEach((shape, j) => {
        const path = SHAPES[told.geometry](shape, style(paint, features[j], zoomOf(map), clickable));
        path.didoi = { paint, row: features[j], clickable };
        group.addLayer(path);
      });
    }
    group.on("click", ({ sourceTarget, latlng }) => {
      L.popup({ maxWidth: 340, autoPanPaddingTopLeft: [370, 20] }).setLatLng(latlng).setContent(card(told, sourceTarget.didoi.row)).openOn(map);
    });
    group.didoi = { told, features };
    drawn.push(group);
    drawn.sort((a, b) => a.didoi.told.order - b.didoi.told.order);
    return group;
  }

  // --- words ----------------------------------------------------------------------------------------

  function element(tag, name, ...children) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    made.append(...children.filter((child) => child !== null));
    return made;
  }

  const number = (x, digits = 2) =>
    new Intl.NumberFormat(sheet.lang === "vi" ? "vi-VN" : "en-GB", { maximumFractionDigits: digits, useGrouping: "always" }).format(x);
  const day = (iso) => {
    if (sheet.lang === "vi") return iso.slice(0, 10).split("-").reverse().join("/");
    return new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  };

  /** A value with its words and unit; null where there is no data. */
  function shown(column, found) {
    if (found === null || found === undefined || found.length === 0) return null;
    if (Array.isArray(found)) return found.map((item) => column.codes[item] ?? item).join(", ");
    if (typeof found === "boolean") return found ? sheet.words.yes : sheet.words.no;
    if (column.unit === "ratio") return `${number(found * 100, 1)} %`;
    if (typeof found === "number") return `${number(found, column.unit === "m" ? 0 : 2)} ${column.unit_words}`.trim();
    return column.type === "date" ? day(found) : (column.codes[found] ?? found);
  }

  function card(told, row) {
    const table = element("table");
    for (const name of told.card) {
      const text = shown(told.about[name], row[name]);
      const cell = text === null ? element("td", "missing", sheet.words.missing) : element("td", "", text);
      table.append(element("tr", "", element("td", "", told.about[name].title), cell));
    }
    const named = row[told.label] ?? told.title;
    const kind = told.legend ? shown(told.about[told.legend], row[told.legend]) : null;
    const since = row.valid_from ? `${told.about.valid_from.title} ${day(row.valid_from)}` : null;
    const source = row.source ? `${told.about.source.title}: ${row.source}` : null;
    return element("div", "",
      element("h3", "", String(named)),
      element("p", "", [told.title, kind].filter(Boolean).join(" · ")),
      table,
      element("p", "", [since, source].filter(Boolean).join(" · ")),
      row.illustrative ? element("span", "didoi-mark", sheet.words.illustrative) : null);
  }

  function panel() {
    const { title, as_of, note, illustrative, match } = sheet.panel;
    const box = element("section", "didoi-panel", element("h1", "", title), element("p", "", as_of),
      illustrative ? element("span", "didoi-mark", sheet.words.illustrative) : null);
    if (match) {
      box.append(element("h2", "", match.firm), element("p", "", match.need));
      const steps = match.funnel.map((step) => element("li", "", element("b", "", number(step.remaining)), element("span", "", step.title)));
      box.append(element("ul", "didoi-funnel", ...steps));
      const zones = match.ranked.map((zone) => element("li", "", element("span", "didoi-rank", String(zone.rank)),
        element("b", "", zone.name), element("span", "", zone.km), element("small", "", zone.reason)));
      box.append(element("h2", "", match.title), element("ol", "didoi-ranked", ...zones));
    }
    box.append(element("p", "", note));
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    document.title = [title, match?.firm, as_of].filter(Boolean).join(" – ");
    return box;
  }

  // --- labels: drawn by hand on one canvas, the most important first, none over another ---------------

  const WEIGHTS = [["SemiBold", 600], ["Regular", 400], ["Italic", 400]];
  const rankOf = (paint) => WEIGHTS.findIndex(([name]) => (paint.layout["text-font"]?.[0] ?? "").includes(name));

  function wrapped(pen, text, width) {
    const lines = [];
    for (const word of text.split(" ")) {
      const longer = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
      if (lines.length && pen.measureText(longer).width <= width) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
  }

  // Labels that find no room are left out, so they may be tried half a zoom earlier than the catalogue says.
  const EARLIER = 0.6;

  /** Symbol paints of what is shown, the heaviest typeface first: what is important is set heavier. */
  function symbols(map) {
    const zoom = zoomOf(map);
    return drawn
      .filter((group) => map.hasLayer(group))
      .flatMap((group) => group.didoi.told.paint
        .filter((paint) => paint.type === "symbol" && paint.layout["symbol-placement"] !== "line" && within(paint, zoom + EARLIER))
        .map((paint) => ({ group, paint })))
      .sort((a, b) => rankOf(a.paint) - rankOf(b.paint) || b.group.didoi.told.order - a.group.didoi.told.order);
  }

  function label(pen, map, paint, row, point, taken) {
    const at = { row, zoom: zoomOf(map) };
    const text = value(paint.layout["text-field"], at);
    if (text === null || row.faint || (paint.filter && !value(paint.filter, at))) return;
    const size = value(paint.layout["text-size"] ?? 12, at);
    const [name, weight] = WEIGHTS[Math.max(rankOf(paint), 0)];
    pen.font = `${name === "Italic" ? "italic " : ""}${weight} ${size}px "Noto Sans", system-ui, sans-serif`;
    const lines = wrapped(pen, String(text), size * (paint.layout["text-max-width"] ?? 10));
    const width = Math.max(...lines.map((line) => pen.measureText(line).width));
    const height = lines.length * size * 1.2;
    const top = point.y + (paint.layout["text-anchor"] === "top" ? size * 0.6 : -height / 2);
    const box = [point.x - width / 2 - 3, top - 2, point.x + width / 2 + 3, top + height + 2];
    if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) return;
    taken.push(box);
    pen.lineWidth = 2 * value(paint.paint["text-halo-width"] ?? 0, at);
    pen.strokeStyle = paint.paint["text-halo-color"] ?? "#ffffff";
    pen.fillStyle = paint.paint["text-color"] ?? "#000000";
    lines.forEach((line, i) => {
      pen.strokeText(line, point.x, top + size * 1.2 * (i + 0.5));
      pen.fillText(line, point.x, top + size * 1.2 * (i + 0.5));
    });
  }

  function write(map, canvas) {
    const size = map.getSize();
    const sharp = window.devicePixelRatio || 1;
    canvas.width = size.x * sharp;
    canvas.height = size.y * sharp;
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
    const pen = canvas.getContext("2d");
    pen.scale(sharp, sharp);
    Object.assign(pen, { textAlign: "center", textBaseline: "middle", lineJoin: "round" });
    const taken = [];
    for (const pin of sheet.panel.match?.pins ?? []) {
      const { x, y } = map.latLngToContainerPoint([pin.lat, pin.lon]);
      label(pen, map, sheet.pin, pin, { x, y: y + 8 }, taken);
      taken.push([x - 36, y - 36, x + 36, y + 14]);
    }
    for (const { group, paint } of symbols(map)) {
      const key = paint.layout["symbol-sort-key"];
      const { told, features } = group.didoi;
      const places = told.anchors.map((anchor, i) => ({ row: features[i], point: map.latLngToContainerPoint([anchor[1] / DEGREE, anchor[0] / DEGREE]) }))
        .filter(({ point }) => point.x > 0 && point.y > 0 && point.x < size.x && point.y < size.y);
      if (key) places.sort((a, b) => value(key, { row: a.row, zoom: 0 }) - value(key, { row: b.row, zoom: 0 }));
      for (const { row, point } of places) label(pen, map, paint, row, point, taken);
    }
  }

  // --- the sheet ------------------------------------------------------------------------------------

  function finish(map) {
    const frame = L.control({ position: "topleft" });
    frame.onAdd = panel;
    frame.addTo(map);
    L.control.scale({ position: "bottomleft", imperial: false }).addTo(map);
    L.control.zoom({ position: "bottomright" }).addTo(map);
    const canvas = element("canvas", "didoi-labels");
    const pane = map.createPane("labels");
    pane.style.zIndex = 460;
    pane.style.pointerEvents = "none";
    pane.append(canvas);
    const order = () => {
      for (const group of drawn) if (map.hasLayer(group)) group.bringToFront();
    };
    const restyle = () => {
      const zoom = zoomOf(map);
      for (const group of drawn)
        group.eachLayer((path) => {
          const { paint, row, clickable } = path.didoi;
          path.setStyle(style(paint, row, zoom, clickable));
          if (paint.type === "circle") path.setRadius(path.options.radius ?? 5);
        });
    };
    const labels = () => write(map, canvas);
    map.on("zoomstart", () => canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height));
    map.on("zoomend", restyle);
    map.on("moveend resize", labels);
    map.on("overlayadd overlayremove", () => {
      order();
      labels();
    });
    // A match's panel is tall: the first view lies beside it; without one, mostly below it.
    const clear = sheet.panel.match ? [380, 40] : [20, 80];
    map.fitBounds(sheet.bounds, { paddingTopLeft: clear, paddingBottomRight: [285, 40], animate: false });
    order();
    restyle();
    labels();
    document.documentElement.dataset.didoi = "drawn";
  }

  return { layer, finish };
})();
