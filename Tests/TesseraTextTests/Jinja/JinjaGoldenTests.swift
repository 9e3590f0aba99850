import TesseraCore
import Testing

import TesseraText

@Suite struct JinjaGoldenTests {
  @Test("templates of checkpoints render transformers' text, scalar by scalar, and its generation spans")
  func chats() throws {
    let chats = try ChatGolden().list("chats")
    #expect(chats.count >= 240)
    var (texts, spans) = (0, 0)
    for chat in chats {
      let name = try #require(chat["template"]?.text)
      var context: [String: JinjaValue] = ["documents": .none]
      context["messages"] = JinjaValue(try #require(chat["messages"]))
      context["tools"] = JinjaValue(try #require(chat["tools"]))
      context["add_generation_prompt"] = JinjaValue(try #require(chat["prompt"]))
      for member in chat["arguments"]?.members ?? [] { context[member.name] = JinjaValue(member.value) }
      let template = try JinjaTemplate(try ChatGolden.template(name))
      guard let expected = chat["text"]?.text else {
        #expect(throws: TesseraError.self, "\(name)") { try template.render(context) }
        continue
      }
      let got = try template.render(context)
      #expect(got.text == JinjaText(expected), "\(name)")
      texts += 1
      guard let ranges = chat["spans"]?.items else { continue }
      #expect(
        got.generated.map { [$0.lowerBound, $0.upperBound] } == ranges.map { $0.items.compactMap(\.whole) })
      spans += ranges.count
    }
    #expect(texts > 200 && spans > 40)
  }

  @Test("random programs give jinja2's text, or name what is not supported, or fail as or before jinja2 does")
  func programs() throws {
    let golden = try ChatGolden()
    var context: [String: JinjaValue] = [:]
    for member in golden.root["context"]?.members ?? [] { context[member.name] = JinjaValue(member.value) }
    var (equal, failing, unsupported, early) = (0, 0, 0, 0)
    for program in golden.list("programs") {
      let source = try #require(program["source"]?.text)
      guard let expected = program["text"]?.text else {
        #expect(throws: TesseraError.self, "\(source)") { try JinjaTemplate(source).render(context) }
        failing += 1
        continue
      }
      do {
        #expect(try JinjaTemplate(source).render(context).text == JinjaText(expected), "\(source)")
        equal += 1
      } catch let error as TesseraError {
        switch error.reason {
        case .unsupported: unsupported += 1
        // jinja2's generators fail when they are used, if ever, and it takes a slice of a written number for nothing.
        case .invalidInput: early += 1
        default: Issue.record("\(source): \(error)")
        }
      }
    }
    #expect([equal, failing, unsupported, early] == [285, 355, 21, 29])
  }
}
