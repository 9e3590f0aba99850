import TesseraCore
import TestSupport

import TesseraText

/// What transformers and jinja2 made of templates: `Tests/Golden/chat/golden.json`.
struct ChatGolden {
  let root: JSONValue

  init() throws { root = try JSONReader.read(try Repository.bytes("Tests/Golden/chat/golden.json")) }

  func list(_ name: String) -> [JSONValue] {
    guard case .array(let values)? = root[name] else { return [] }
    return values
  }

  static func template(_ name: String) throws -> String {
    String(decoding: try Repository.bytes("Tests/Golden/chat/templates/\(name).jinja"), as: UTF8.self)
  }
}

extension JSONValue {
  var text: String? { if case .string(let text) = self { text } else { nil } }
  var whole: Int? { if case .int(let value) = self { value } else { nil } }
  var items: [JSONValue] { if case .array(let values) = self { values } else { [] } }
  var members: [(name: String, value: JSONValue)] {
    if case .object(let members) = self { members } else { [] }
  }
}
