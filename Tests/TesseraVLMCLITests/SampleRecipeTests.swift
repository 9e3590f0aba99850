import Foundation
import TestSupport
import Testing

@Suite("the recipes of samples/vlm", .serialized)
struct SampleRecipeTests {
  static let files = (FileManager.default.subpaths(atPath: Repository.path("samples/vlm")) ?? [])
    .filter { $0.hasSuffix(".yaml") && !$0.contains("/") }.sorted()
  static let font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
  static let hasEmoji =
    FileManager.default.fileExists(atPath: font)
    && FileManager.default.fileExists(atPath: "/usr/share/unicode/cldr/common/annotations/zh.xml")
  /// Less data than the recipe makes: whether it fits together shows on little.
  static let small: [String: [String]] = [
    "emoji.yaml": ["prepare[0].views=1"],
    "shapes.yaml": ["prepare[0].train=64", "prepare[0].validation=8", "prepare[0].heldout=8"],
    "shapes-demo.yaml": ["prepare[0].train=64"],
    "schooling.yaml": [
      "prepare[0].train=64", "prepare[0].validation=8", "prepare[0].heldout=8", "prepare[1].validation=16",
    ],
  ]

  private func run(_ arguments: [String]) throws -> Command.Result {
    try Command.run(["run"] + arguments, tool: "tessera-vlm")
  }

  @Test("each opens with its command, how long it takes, and what comes out", arguments: files)
  func opens(_ file: String) throws {
    let text = try String(contentsOfFile: Repository.path("samples/vlm/\(file)"), encoding: .utf8)
    let head = text.split(separator: "\n").prefix { $0.hasPrefix("#") }
    #expect(head.first?.hasPrefix("# tessera-vlm run samples/vlm/\(file)") == true)
    let words = head.joined(separator: " ")
    #expect(words.contains("minute") || words.contains("second"), "\(words)")
    #expect(words.contains("Result"), "\(words)")
  }

  @Test(
    "each begins: its data is made or there, the model fits, the pictures reach the loss", arguments: files)
  func begins(_ file: String) throws {
    if file == "emoji.yaml" && !Self.hasEmoji { return }
    let folder = try TemporaryFolder()
    let sets = (Self.small[file] ?? []).flatMap { ["--set", $0] }
    let result = try run(
      [Repository.path("samples/vlm/\(file)"), "--dry-run", "-o", "\(folder.path)/out", "--threads", "1"]
        + sets)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("‖∂loss/∂pixels‖"), "\(result.errors)")
  }

  @Test("they are found")
  func found() { #expect(Self.files.contains("shapes.yaml") && Self.files.contains("emoji.yaml")) }

  private static let emoji = """
    prepare: [{make: emoji, views: 1, size: 16, languages: [en, zh], FONT}]
    model:
      new:
        vision: {hidden_size: 16, layers: 1, heads: 2, image_size: 16, patch_size: 8}
        decoder: {hidden_size: 16, layers: 1, heads: 2}
        vocabulary: 300
    stages:
      - stage: sft
        data: [emoji/train/questions.jsonl]
        train: {vision: true}
        steps: 2
        batch: {samples: 2}
        evaluate: [{path: emoji/validation/questions.jsonl, limit: 8, samples: 4, max_answer: 2}]

    """

  @Test(
    "emoji are made once, with names in both languages in the page; other settings are refused",
    .enabled(if: hasEmoji))
  func emoji() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.emoji.replacing(", FONT", with: ""), "recipe.yaml")
    let arguments = ["\(folder.path)/recipe.yaml", "-o", "\(folder.path)/out", "--threads", "1"]
    let done = try run(arguments)
    #expect(done.status == 0, "\(done.errors)")
    let page = try String(contentsOfFile: "\(folder.path)/out/report.html", encoding: .utf8)
    #expect(
      page.contains("What is this?") && page.contains("这是什么？") && page.contains("data:image/png;base64,"))
    // The font is not asked for again.
    let again = try run(arguments + ["--set", "prepare[0].font=gone.ttf"])
    #expect(again.status == 0 && again.errors.contains("emoji: made already"), "\(again.errors)")
    let other = try run(arguments + ["--set", "prepare[0].views=2"])
    #expect(other.status != 0 && other.errors.contains("another --output"), "\(other.errors)")
  }

  @Test(
    "emoji without their font, or with settings that do not fit, are an error before anything else",
    arguments: [
      ("font: none.ttf", "apt-get install fonts-noto-color-emoji"), ("heldout: 1.5", "line 1"),
      ("train: 5", "unknown key 'prepare[0].train'"), ("languages: [en, xx]", "'xx'"),
    ])
  func wrongEmoji(_ setting: String, _ words: String) throws {
    let folder = try TemporaryFolder()
    let text =
      setting.hasPrefix("languages")
      ? Self.emoji.replacing("languages: [en, zh], FONT", with: setting)
      : Self.emoji.replacing("FONT", with: setting)
    try folder.write(text, "recipe.yaml")
    let result = try run(["\(folder.path)/recipe.yaml", "-o", "\(folder.path)/out"])
    #expect(result.status == 1 && result.errors.contains(words), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/out/base"))
  }
}
