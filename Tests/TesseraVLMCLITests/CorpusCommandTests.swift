import Foundation
import TestSupport
import Tessera
import Testing

@Suite("tessera-vlm validate and tokenizer") struct CorpusCommandTests {
  static let golden = Repository.path("Tests/Golden/tokenizers")

  private func run(_ arguments: String...) throws -> Command.Result {
    try Command.run(arguments, tool: "tessera-vlm")
  }

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for number in 0..<3 {
      let picture = Pictures.noise(Size(width: 6, height: 5), .rgb, seed: UInt64(number))
      try folder.write(try PNGEncoder().encode(picture), "pictures/\(number).png")
    }
    try folder.write(
      """
      {"image":"0.png","kind":"colour","conversations":[{"from":"human","value":"<image>Q?"},{"from":"gpt","value":"red"}]}
      {"image":"1.png","kind":"colour","conversations":[{"from":"human","value":"<image>Q?"},{"from":"gpt","value":"red"}]}
      {"image":"2.png","kind":"colour","conversations":[{"from":"human","value":"<image>Q?"},{"from":"gpt","value":"blue"}]}

      """, "good.jsonl")
    try folder.write(
      """
      {"image":"0.png","conversations":[{"from":"human","value":"<image>Q?"},{"from":"gpt","value":"red"}]}
      {"image":"9.png","conversations":[{"from":"human","value":"<image>Q?"},{"from":"gpt","value":"red"}]}
      {"image":"1.png","conversations":[{"from":"human","value":"Q?"},{"from":"gpt","value":"red"}]}

      """, "bad.jsonl")
    return folder
  }

  @Test("a sound set: status 0, its kinds and the majority baseline") func sound() throws {
    let folder = try folder()
    let result = try run(
      "validate", folder.path + "/good.jsonl", "--images", folder.path + "/pictures", "--decode")
    #expect(result.status == 0, "\(result.errors)")
    for part in [
      "good.jsonl (llava): 3 samples", "3 different of 3 shown", "all decoded", "right in 66.7 %",
      "nothing is wrong",
    ] { #expect(result.output.contains(part), "\(result.output)") }
  }

  @Test("a set with errors: status 1, each named with its sample and what to do") func unsound() throws {
    let folder = try folder()
    let result = try run(
      "validate", folder.path + "/bad.jsonl", "--images", folder.path + "/pictures", "--against",
      folder.path + "/good.jsonl")
    #expect(result.status == 1)
    for part in [
      "bad.jsonl, sample 1: \(folder.path)/pictures/9.png: open: No such file", "bad.jsonl, sample 2: ",
      "1 pictures, but 0 times <image>", "(--images)", "pictures and text: 1 of 3", "2 errors, 3 warnings",
    ] { #expect(result.output.contains(part), "\(result.output)") }
  }

  @Test("--json prints one object with every problem") func json() throws {
    let folder = try folder()
    let result = try run(
      "validate", folder.path + "/bad.jsonl", "--images", folder.path + "/pictures", "--json", "--show", "0")
    #expect(result.status == 1)
    let value = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    #expect(value?["sound"] as? Bool == false)
    let problems = value?["problems"] as? [[String: Any]]
    #expect(problems?.compactMap { $0["index"] as? Int } == [1, 2])
    #expect(problems?.compactMap { $0["kind"] as? String } == ["missing-picture", "image-marks"])
  }

  @Test("settings without a use and wrong formats are wrong usage or say what the file is") func refuses()
    throws
  {
    let folder = try folder()
    try folder.write("words", "a.txt")
    #expect(try run("validate", folder.path + "/a.txt", "--images", "x").status == 64)
    #expect(try run("validate", folder.path + "/good.jsonl", "--documents", "lines").status == 64)
    #expect(try run("validate", folder.path + "/good.jsonl", "--format", "parquet").status == 64)
    let wrong = try run("validate", folder.path + "/good.jsonl", "--format", "messages")
    #expect(wrong.status == 1 && wrong.errors.contains("must be llava, as the file is"), "\(wrong.errors)")
    let absent = try run("validate", folder.path + "/none.jsonl")
    #expect(absent.status == 1 && absent.output.contains("unreadable-set"), "\(absent.output)")
  }

  @Test("tokens are counted with a directory's tokenizer") func tokens() throws {
    let folder = try folder()
    try folder.write("one </s> two", "a.txt")
    let result = try run("validate", folder.path + "/a.txt", "--tokenizer", Self.golden + "/v1")
    #expect(result.status == 1)
    #expect(result.output.contains("tokens") && result.output.contains("'</s>' in it"), "\(result.output)")
  }

  @Test(
    "a tokenizer is written as it was, and its round trip and size are said",
    arguments: ["chatml", "plain", "v1"])
  func tokenizer(template: String) throws {
    let folder = try TemporaryFolder()
    let arguments = [
      "tokenizer", Self.golden + "/captions.jsonl", Self.golden + "/questions.jsonl", "-o",
      folder.path + "/t",
      "--vocabulary", "330", "--template", template, "--special", "<extra>",
    ]
    let result = try Command.run(arguments, tool: "tessera-vlm")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("round trip   100 %"), "\(result.output)")
    #expect(result.errors.contains("could not be written by the template") == (template == "plain"))
    #expect(
      try TemporaryFolder.contents(folder.path + "/t")
        == TemporaryFolder.contents("\(Self.golden)/\(template)"))
    let again = try Command.run(arguments, tool: "tessera-vlm")
    #expect(again.status == 1 && again.errors.contains("--replace"))
    let json = try Command.run(arguments + ["--replace", "--json"], tool: "tessera-vlm")
    let value = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect(value?["lost"] as? Int == 0 && value?["pad_token_id"] as? Int == 0)
  }

  @Test("a template of one's own is kept, its tokens become special; a wrong one is named") func ownTemplate()
    throws
  {
    let folder = try folder()
    try folder.write(
      "{% for m in messages %}<|turn|>{{ m['content'] }}<|done|>{% endfor %}", "own.jinja")
    try folder.write("{% for %}", "wrong.jinja")
    let words = Self.golden + "/questions.jsonl"
    let result = try run(
      "tokenizer", words, "-o", folder.path + "/t", "--vocabulary", "300", "--template",
      folder.path + "/own.jinja",
      "--eos", "<|done|>")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("<|done|> 2") && result.output.contains("<|turn|> 4"), "\(result.output)")
    let kept = try String(contentsOfFile: folder.path + "/t/chat_template.jinja", encoding: .utf8)
    #expect(kept.hasPrefix("{% for m in messages %}"))
    let wrong = try run(
      "tokenizer", words, "-o", folder.path + "/u", "--vocabulary", "300", "--template",
      folder.path + "/wrong.jinja")
    #expect(wrong.status == 1 && wrong.errors.contains("wrong.jinja"))
    #expect(try run("tokenizer", words, "-o", folder.path + "/u", "--vocabulary", "100").status == 64)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/u"))
  }

  @Test("records that cannot be read are left out and named") func skips() throws {
    let folder = try TemporaryFolder()
    try folder.write("{\"text\":\"some words\"}\n{\"text\":\n{\"text\":\"some more words\"}\n", "a.jsonl")
    let result = try run(
      "tokenizer", folder.path + "/a.jsonl", "-o", folder.path + "/t", "--vocabulary", "300")
    #expect(result.status == 0 && result.errors.contains("line 2"), "\(result.errors)")
    #expect(result.output.contains("1 sample left out"))
  }
}
