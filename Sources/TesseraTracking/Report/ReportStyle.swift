/// The report's looks: light and dark as the reader's system, and for paper.
enum ReportStyle {
  // The six colours are told apart by the colour-blind too (after Okabe and Ito 2008), darker on white and lighter on black.
  static let css = """
    :root {
      --back: #fff; --card: #f6f7f9; --text: #1b1f24; --soft: #5b6572; --line: #d9dee4; --grid: #e8ebef;
      --c0: #0072b2; --c1: #d55e00; --c2: #007a5a; --c3: #a3518a; --c4: #8a6d00; --c5: #4a6fa5;
      --good: #1a7f37; --bad: #c62828; --warn: #9a6700; --bar: #cfe3f5; --bar2: #e4e7eb; --on: #fff;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --back: #14171b; --card: #1d2127; --text: #e6e9ed; --soft: #98a3b0; --line: #363d47; --grid: #272c33;
        --c0: #56b4e9; --c1: #f08a4b; --c2: #3ecf9d; --c3: #d990c4; --c4: #e0c341; --c5: #9db8e8;
        --good: #56d364; --bad: #ff7b72; --warn: #e3b341; --bar: #1f4263; --bar2: #323944; --on: #101316;
      }
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--back); color: var(--text);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
    main, footer { max-width: 1160px; margin: 0 auto; padding: 0 20px; }
    footer { color: var(--soft); font-size: 13px; margin-top: 32px; padding-bottom: 40px; }
    h1 { font-size: 28px; line-height: 1.2; margin: 36px 0 6px; }
    h2 { font-size: 20px; margin: 44px 0 12px; padding-bottom: 6px; border-bottom: 1px solid var(--line); }
    h3 { font-size: 15px; margin: 20px 0 6px; }
    .result { font-size: 17px; color: var(--soft); margin: 0 0 18px; max-width: 75ch; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; }
    .tiles div { background: var(--card); border-radius: 8px; padding: 12px 14px; }
    .tiles b { display: block; font-size: 22px; line-height: 1.25; font-variant-numeric: tabular-nums; }
    .tiles span, .sub, .note, .none { color: var(--soft); font-size: 13px; }
    .warned a { color: var(--warn); text-decoration: none; font-weight: 600; }
    .note { max-width: 85ch; margin: 6px 0 0; }
    .charts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px; }
    figure { margin: 0; background: var(--card); border-radius: 8px; padding: 12px 14px 6px; min-width: 0; position: relative; }
    figure.wide { grid-column: 1 / -1; }
    figcaption { display: flex; flex-wrap: wrap; gap: 2px 16px; align-items: baseline; }
    figcaption .name { font-weight: 600; }
    .keys { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13px; color: var(--soft); width: 100%; }
    .keys i, .legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px;
      vertical-align: -1px; }
    .keys i { height: 3px; vertical-align: 3px; width: 16px; }
    i.faint { opacity: .4; }
    figure > input { position: absolute; opacity: 0; width: 1px; height: 1px; }
    .switch { margin-left: auto; font-size: 12px; display: flex; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
    .switch label { padding: 1px 9px; cursor: pointer; color: var(--soft); }
    .a:checked ~ figcaption label:first-child, .b:checked ~ figcaption label:last-child { background: var(--line); color: var(--text); }
    .a:focus-visible ~ figcaption label:first-child, .b:focus-visible ~ figcaption label:last-child { outline: 2px solid var(--c0); outline-offset: -2px; }
    .a:checked ~ .log, .b:checked ~ .linear { display: none; }
    .chart { display: block; width: 100%; height: auto; }
    .chart text { fill: var(--soft); font-size: 12px; }
    .chart .stage { font-weight: 600; }
    .chart .grid { stroke: var(--grid); }
    .chart .axis { stroke: var(--line); }
    .chart .mark { stroke: var(--soft); stroke-dasharray: 3 3; }
    .chart path { fill: none; stroke-width: 1.7; stroke-linejoin: round; }
    .chart .faint path { stroke-width: 1; opacity: .4; }
    .chart .gap { stroke: var(--bad); stroke-width: 2; pointer-events: all; }
    .chart rect { fill: var(--text); fill-opacity: 0; }
    .chart rect:hover { fill-opacity: .08; }
    .c0 { stroke: var(--c0); fill: var(--c0); } .c1 { stroke: var(--c1); fill: var(--c1); }
    .c2 { stroke: var(--c2); fill: var(--c2); } .c3 { stroke: var(--c3); fill: var(--c3); }
    .c4 { stroke: var(--c4); fill: var(--c4); } .c5 { stroke: var(--c5); fill: var(--c5); }
    .p0 { background: var(--c0); } .p1 { background: var(--c1); } .p2 { background: var(--c2); }
    .p3 { background: var(--c3); } .p4 { background: var(--c4); } .p5 { background: var(--c5); }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; min-width: min(100%, 420px); }
    th, td { text-align: left; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word; }
    th { color: var(--soft); font-weight: 600; font-size: 13px; }
    th [title] { text-decoration: underline dotted; text-underline-offset: 3px; cursor: help; }
    .n { text-align: right; white-space: nowrap; }
    td .sub { padding-left: 16px; font-size: 14px; }
    .bar { display: inline-block; min-width: 92px; text-align: right; padding: 0 6px; border-radius: 4px;
      background: linear-gradient(var(--bar2), var(--bar2)) no-repeat 0 0 / var(--w) 100%; }
    .bar.own { background: linear-gradient(var(--bar), var(--bar)) no-repeat 0 0 / var(--w) 100%; font-weight: 600; }
    .answers { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 500px), 1fr)); gap: 14px; }
    .answer { background: var(--card); border-radius: 8px; padding: 14px; break-inside: avoid; }
    .asked { display: flex; gap: 14px; align-items: center; margin-bottom: 8px; }
    .asked > div:last-child { min-width: 0; flex: 1; }
    .answer p { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
    .picture { flex: none; width: 112px; height: 112px; object-fit: contain; border-radius: 6px; image-rendering: pixelated;
      background: var(--bar2); outline: 1px solid var(--line); }
    div.picture { display: flex; align-items: center; justify-content: center; text-align: center; padding: 6px; }
    .question { font-weight: 600; }
    .expected { color: var(--soft); font-size: 13px; }
    ol, .events, .legend { list-style: none; margin: 0; padding: 0; }
    ol li, .events li { display: flex; gap: 8px; font-size: 14px; padding: 2px 0; }
    .events li { border-bottom: 1px solid var(--grid); padding: 4px 0; }
    .step { flex: none; width: 144px; color: var(--soft); font-size: 12.5px; padding-top: 1px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
    .sign { flex: none; width: 1em; text-align: center; font-weight: 700; color: var(--soft); }
    .text { min-width: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
    .right .sign { color: var(--good); } .wrong .sign { color: var(--bad); } .warning .sign { color: var(--warn); }
    summary { cursor: pointer; color: var(--soft); font-size: 13px; padding: 2px 0; }
    .split { display: flex; height: 30px; border-radius: 6px; overflow: hidden; gap: 1px; }
    .split span { color: var(--on); font-size: 12.5px; line-height: 30px; padding-left: 8px; white-space: nowrap; overflow: hidden; min-width: 2px; }
    .legend { display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: 14px; margin-top: 6px; }
    pre { background: var(--card); border-radius: 8px; padding: 14px; overflow-x: auto; font-size: 13px; line-height: 1.45; margin: 0; }
    @media (max-width: 760px) { .bar { min-width: 68px; } .charts { grid-template-columns: minmax(0, 1fr); } }
    @media print {
      :root { --back: #fff; --card: #fff; --text: #000; --soft: #444; --line: #bbb; --grid: #ddd; --on: #fff;
        --c0: #0072b2; --c1: #d55e00; --c2: #007a5a; --c3: #a3518a; --c4: #8a6d00; --c5: #4a6fa5;
        --good: #1a7f37; --bad: #c62828; --warn: #9a6700; --bar: #cfe3f5; --bar2: #e4e7eb; }
      body { font-size: 11pt; } main, footer { max-width: none; padding: 0; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
      figure, .answer, .tiles div, pre { border: 1px solid var(--line); }
      figure, table, .split { break-inside: avoid; } h2, h3 { break-after: avoid; }
      .charts { grid-template-columns: repeat(2, minmax(0, 1fr)); } .switch { display: none; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
    }
    """
}
