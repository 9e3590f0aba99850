import Tessera
import TesseraCore
import TesseraCorpora
import TesseraText
import TestSupport
import Testing

/// The tokenizers of `Tests/Golden/tokenizers`, which transformers 4.57 and 5 have loaded, are those that are made now.
@Suite struct TokenizerGoldenTests {
  static let folder = "Tests/Golden/tokenizers"
  static let templates: [(name: String, template: TokenizerTemplate)] = [
    ("chatml", .chatML), ("plain", .plain), ("v1", .v1),
  ]

  private func made(_ template: TokenizerTemplate) throws -> TokenizerFiles {
    var maker = try TokenizerMaker(
      vocabularySize: 330, template: template, tokens: TokenizerMaker.Tokens(others: ["<extra>"]))
    for file in ["captions.jsonl", "questions.jsonl"] {
      let data = try CorpusSource(Repository.path("\(Self.folder)/\(file)")).open()
      for index in 0..<data.count { maker.add(try data.sample(at: index)) }
    }
    return try maker.train()
  }

  private func strings(_ value: JSONValue?) -> [String] {
    guard case .array(let items)? = value else { return [] }
    return items.map { if case .string(let text) = $0 { text } else { "?" } }
  }

  private func ints(_ value: JSONValue?) -> [Int] {
    guard case .array(let items)? = value else { return [] }
    return items.map { if case .int(let number) = $0 { number } else { -1 } }
  }

  private func rows(_ value: JSONValue?) -> [JSONValue] {
    if case .array(let items)? = value { items } else { [] }
  }

  private func message(_ value: JSONValue) -> ChatMessage {
    let parts = rows(value["content"]).map { part -> ChatMessage.Part in
      if case .string(let text)? = part["text"] { .text(text) } else { .image }
    }
    guard case .string(let role)? = value["role"] else { return ChatMessage(role: "?", content: parts) }
    return ChatMessage(role: role, content: parts)
  }

  @Test("the files are made as they were, byte for byte", arguments: templates)
  func files(name: String, template: TokenizerTemplate) throws {
    let files = try made(template).files
    #expect(files.count == 4)
    for file in files {
      #expect(
        try Repository.bytes("\(Self.folder)/\(name)/\(file.name)") == file.bytes, "\(name)/\(file.name)")
    }
  }

  @Test("ids, texts, roles and renderings are those of transformers 4.57 and 5", arguments: templates)
  func transformers(name: String, template: TokenizerTemplate) throws {
    let golden = try JSONReader.read(Repository.bytes("\(Self.folder)/answers.json"))
    let files = try made(template)
    let (texts, tokens) = (strings(golden["texts"]), files.chatTokens)
    let chat = try template.chatTemplate()
    let versions = golden["answers"]?.names ?? []
    #expect(versions.contains { $0.hasPrefix("4.57") } && versions.contains { $0.hasPrefix("5.") })
    for version in versions {
      let answer = try #require(golden["answers"]?[version]?[name])
      guard case .int(files.tokenizer.vocabularySize)? = answer["length"] else {
        Issue.record("\(version): another number of tokens")
        continue
      }
      #expect(strings(answer["roles"]) == [files.pad, files.beginning, files.end, files.image])
      #expect(ints(answer["role_ids"]) == [files.padID, files.beginningID, files.endID, files.imageID])
      #expect(ints(answer["special_ids"]) == files.tokenizer.specialIDs)
      #expect(strings(answer["inputs"]) == ["attention_mask", "input_ids"])
      let ids = rows(answer["ids"]).map { ints($0) }
      #expect(texts.map { files.tokenizer.encode($0) } == ids && ids.count > 7, "\(version)")
      let decoded = try ids.map { try files.tokenizer.decode($0, skipSpecialTokens: true) }
      #expect(
        zip(decoded, strings(answer["decoded"])).allSatisfy { $0.utf8.elementsEqual($1.utf8) }, "\(version)")
      let (rendered, asked) = (strings(answer["rendered"]), strings(answer["asked"]))
      #expect(rendered.count == (name == "plain" ? 3 : 4))
      for (number, turns) in rows(golden["conversations"]).prefix(rendered.count).enumerated() {
        let messages = rows(turns).map(message)
        #expect(try chat.render(messages, tokens: tokens) == rendered[number], "\(version)")
        let prompt = try chat.render(Array(messages.dropLast()), addGenerationPrompt: true, tokens: tokens)
        #expect(prompt == asked[number], "\(version)")
      }
    }
  }
}
