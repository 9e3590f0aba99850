import Foundation
import TestSupport
import Testing

@Suite("tessera-vlm show-sample") struct ShowSampleTests {
  private func run(_ arguments: String...) throws -> Command.Result {
    try Command.run(arguments, tool: "tessera-vlm")
  }

  private static let pictures = Repository.path("Tests/Golden/vlm/shared")

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(#"{"image": "a.png", "caption": "A red ball."}"# + "\n", "captions.jsonl")
    let turns =
      #"[{"from": "human", "value": "<image>\nWhat is this? And <image>"}, {"from": "gpt", "value": "A ball."}, "#
      + #"{"from": "human", "value": "Sure?"}, {"from": "gpt", "value": "Yes."}]"#
    try folder.write(
      #"[{"id": "1", "image": ["a.png", "b.png"], "conversations": "# + turns + "}, "
        + #"{"id": "2", "conversations": [{"from": "human", "value": "<s> no"}, {"from": "gpt", "value": "x"}]}]"#,
      "talk.json")
    return folder
  }

  @Test("a caption: pictures' tokens, what is learned in brackets, counts, the template that is asked for")
  func caption() throws {
    let folder = try folder()
    let model = Models.path("clip-llama-tied-full")
    for (template, learned) in [
      ("own", "⟦ A red ball.</s>⟧"), ("plain", "⟦A red ball.\n⟧"), ("v1", "⟦ A red ball.</s>⟧"),
    ] {
      let result = try run(
        "show-sample", folder.path + "/captions.jsonl", "--model", model, "--template", template, "--root",
        Self.pictures)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.contains(learned), "\(template): \(result.output)")
      #expect(result.output.contains("<image ×10>"))
      #expect(result.output.contains("3 × 3 patches of 8, 10 tokens"))
      #expect(!result.output.contains("\u{1B}"))
    }
  }

  @Test("a conversation with two pictures, and its page with both and every token")
  func conversation() throws {
    let folder = try folder()
    let page = folder.path + "/page.html"
    let result = try run(
      "show-sample", folder.path + "/talk.json", "--model", Models.path("siglip-qwen2-tied-full"), "--root",
      Self.pictures, "--html", page)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("⟦A ball.<|im_end|>"))
    #expect(result.output.contains("⟦Yes.<|im_end|>"))
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.components(separatedBy: "data:image/png;base64,").count == 3)
    #expect(html.contains("picture 2: "))
    #expect(html.contains("id 286"))
  }

  @Test("the overflow policy does what it says")
  func overflow() throws {
    let folder = try folder()
    func show(_ options: String...) throws -> Command.Result {
      try Command.run(
        [
          "show-sample", folder.path + "/captions.jsonl", "--model", Models.path("clip-llama-tied-full"),
          "--root",
          Self.pictures,
        ] + options, tool: "tessera-vlm")
    }
    let whole = try show()
    #expect(whole.status == 0)
    let error = try show("--max-length", "15")
    #expect(error.status == 1)
    #expect(error.errors.contains("over the limit of 15"))
    let dropped = try show("--max-length", "15", "--overflow", "drop")
    #expect(dropped.status == 0 && dropped.output.contains("left out"))
    // Cut inside of the picture there would be nothing to show it by.
    let torn = try show("--max-length", "8", "--overflow", "cut-text")
    #expect(torn.status == 0 && torn.output.contains("left out"))
    for length in 16..<200 {
      let cut = try show("--max-length", "\(length)", "--overflow", "cut-text")
      #expect(cut.status == 0, "\(cut.errors)")
      if cut.output.contains("cut off") { return }
    }
    Issue.record("nothing was ever cut")
  }

  @Test("records that cannot be shown say what is wrong and where")
  func refusals() throws {
    let folder = try folder()
    let model = Models.path("clip-llama-tied-full")
    let cases: [([String], String)] = [
      (["talk.json", "--index", "1"], "'<s>' in it"), (["talk.json", "--index", "2"], "--index"),
      (["captions.jsonl", "--root", folder.path], "a.png"), (["absent.jsonl"], "absent.jsonl"),
    ]
    for (arguments, word) in cases {
      let result = try Command.run(
        ["show-sample", folder.path + "/" + arguments[0], "--model", model] + arguments.dropFirst(),
        tool: "tessera-vlm")
      #expect(result.status == 1, "\(arguments): \(result.output)")
      #expect(result.errors.contains(word), "\(arguments): \(result.errors)")
    }
  }
}
