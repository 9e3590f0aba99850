import TesseraCore
import Testing

import TesseraText

@Suite struct SampleViewTests {
  let sample = TokenizedSample(
    ids: [1, 7, 7, 7, 20, 21, 2], isLearned: [false, false, false, false, false, true, true],
    imageSpans: [.init(image: 0, range: 1..<4)])
  let texts = ["<s>", "<image>", "<image>", "<image>", "why & \"how\"\n", "<b>\u{1B}[31m", "</s>"]
  let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  @Test(
    "the terminal shows learned green, ignored dim, a picture's tokens as one, and no control of the data")
  func terminal() throws {
    let colored = try TerminalSample.render(sample, texts: texts)
    #expect(
      colored == "\u{1B}[2m<s>\u{1B}[0m\u{1B}[36m<image ×3>\u{1B}[0m\u{1B}[2mwhy & \"how\"\n\u{1B}[0m"
        + "\u{1B}[32m<b>\\u{1B}[31m</s>\u{1B}[0m\n2 of 7 tokens learned (28.6 %)\n")
    let plain = try TerminalSample.render(sample, texts: texts, isColored: false)
    #expect(
      plain.hasPrefix("<s><image ×3>why & \"how\"\n⟦<b>\\u{1B}[31m</s>⟧\n") && !plain.contains("\u{1B}"))
  }

  @Test("the page holds picture, grid, ids, share and escaped text")
  func page() throws {
    let picture = HTMLSample.Picture(bytes: png, columns: 3, rows: 1)
    let page = try HTMLSample.page(sample, texts: texts, pictures: [picture], title: "a<b")
    for part in [
      "<title>a&lt;b</title>", "data:image/png;base64,iVBORw0KGgo=", "--columns:3;--rows:1",
      "2 of 7 tokens learned (28.6 %)",
      "<span class=\"image\" title=\"tokens 1–3, id 7\">picture 1 ×3</span>",
      "<span class=\"ignored\" title=\"token 4, id 20\">why &amp; &quot;how&quot;<b>↵</b>\n</span>",
      "<span class=\"learned\" title=\"token 5, id 21\">&lt;b&gt;\u{FFFD}[31m</span>",
      "prefers-color-scheme: dark",
      "<i class=\"image\" style=\"flex:3\">",
    ] {
      #expect(page.contains(part), "\(part)")
    }
    #expect(!page.contains("http"))
  }

  @Test("strings and pictures that do not go with the sample are refused")
  func refusals() {
    let picture = HTMLSample.Picture(bytes: png, columns: 3, rows: 1)
    #expect(throws: TesseraError.self) { try TerminalSample.render(sample, texts: ["a"]) }
    #expect(throws: TesseraError.self) { try HTMLSample.page(sample, texts: texts, pictures: []) }
    #expect(throws: TesseraError.self) {
      try HTMLSample.page(sample, texts: texts, pictures: [.init(bytes: [1, 2, 3], columns: 1, rows: 1)])
    }
    #expect(throws: TesseraError.self) {
      try HTMLSample.page(sample, texts: texts, pictures: [.init(bytes: picture.bytes, columns: 0, rows: 1)])
    }
  }
}
