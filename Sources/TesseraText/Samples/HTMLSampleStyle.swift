/// The style sheet of a sample's page: system fonts, light and dark.
enum HTMLSampleStyle {
  static let sheet = """
    :root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --quiet: #6b7280; --line: #d8dce2;
      --learned: #c9f0d2; --ignored: #eef0f3; --image: #d5e4ff; --grid: rgba(255, 255, 255, .55); }
    @media (prefers-color-scheme: dark) {
      :root { --paper: #14171b; --ink: #e6e8eb; --quiet: #9aa3ae; --line: #343a42;
        --learned: #1d5a31; --ignored: #23272d; --image: #233f70; }
    }
    body { margin: 2rem auto; padding: 0 1rem; max-width: 60rem; background: var(--paper); color: var(--ink);
      font: 16px/1.5 system-ui, sans-serif; }
    h1 { font-size: 1.25rem; margin: 0; overflow-wrap: anywhere; }
    .share, figcaption, .legend { color: var(--quiet); font-size: .875rem; margin: .25rem 0 .75rem; }
    .bar { display: flex; height: .75rem; border-radius: .25rem; overflow: hidden; }
    .learned { background: var(--learned); } .ignored { background: var(--ignored); }
    .image { background: var(--image); }
    .legend span, .tokens span { border-radius: .2rem; padding: .1rem .15rem; color: var(--ink); }
    .tokens .ignored { color: var(--quiet); }
    figure { display: inline-block; margin: 0 1rem 1rem 0; vertical-align: top; }
    .picture { position: relative; display: inline-block; line-height: 0; border: 1px solid var(--line); }
    .picture img { width: min(24rem, 90vw); height: auto; image-rendering: auto; }
    .picture::after { content: ""; position: absolute; inset: 0; mix-blend-mode: difference;
      background-image: linear-gradient(to right, var(--grid) 1px, transparent 1px),
        linear-gradient(to bottom, var(--grid) 1px, transparent 1px);
      background-size: calc(100% / var(--columns)) calc(100% / var(--rows)); }
    .tokens { font: .9375rem/2 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
    .tokens span { box-shadow: inset 0 0 0 1px var(--paper); box-decoration-break: clone;
      -webkit-box-decoration-break: clone; }
    .tokens span:hover { outline: 2px solid currentColor; }
    .tokens b { color: var(--quiet); font-weight: normal; }
    """
}
