import Foundation
import TesseraCore
import Testing

import TesseraText

@Suite struct JinjaInterpreterTests {
  private func render(_ source: String, _ context: [String: JinjaValue] = [:]) throws -> String {
    try JinjaTemplate(source).render(context).text.string
  }

  private func message(_ source: String) -> String {
    do {
      return "rendered: \(try render(source, ["a": .int(1)]))"
    } catch {
      return "\(error)"
    }
  }

  @Test(
    "an error names the construct, the line and the column",
    arguments: [
      ("x\n  {% include 'a' %}", "line 2, column 3", "{% include %}"),
      ("{{ a | xmlattr }}", "line 1, column 8", "filter 'xmlattr'"),
      ("{{ a | nosuch }}", "line 1, column 8", "no filter 'nosuch'"),
      ("{% for x in [] recursive %}{% endfor %}", "line 1, column 16", "recursive"),
      ("{{ 'a' % 1 }}", "line 1, column 8", "'%'"),
      ("\n\n{{ missing.member }}", "line 3, column 11", "'missing', which is undefined"),
      ("{{ raise_exception('Only é') }}", "line 1, column 19", "Only é"),
      ("{% if a %}", "line 1, column 11", "{% endif %}"),
      ("{{ a", "line 1, column 1", "no '}}'"),
      ("{{ [1].append(2) }}", "line 1, column 7", "sandbox"),
      ("{{ 'a'.format(1) }}", "line 1, column 7", "'format'"),
      ("{% break %}", "line 1, column 1", "outside of a loop"),
      ("{{ 9223372036854775807 + 1 }}", "line 1, column 24", "64 bits"),
    ])
  func errors(_ source: String, _ place: String, _ what: String) {
    let text = message(source)
    #expect(text.contains(place) && text.contains(what), "\(text)")
  }

  @Test(
    "hostile templates end with an error",
    arguments: [
      "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
      "{% for a in range(1000000) %}{% endfor %}",
      "{{ 'aaaaaaaaaa' * 9000000000000000000 }}",
      "{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
      "{% set ns = namespace(s=[1]) %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{{ 'a'.center(99999999999) }}", "{{ 'a' | indent(9999999999) }}",
      "{{ 'a'.replace('', 'b' * 9999999) * 99 }}",
      "{{ ('a' * 99999).replace('a', 'b' * 99999) }}", "{{ 2 ** 99999999 }}",
      "{% set ns = namespace(s='a') %}{% for i in range(9999) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
    ])
  func hostile(_ source: String) {
    var limits = JinjaLimits()
    // A tenth, for the sake of time.
    limits.work /= 10
    #expect(throws: TesseraError.self) { try JinjaTemplate(source, limits: limits).render([:]) }
  }

  @Test("deep templates fail within 2 MB of stack")
  func depth() async {
    let deep = ["(", "[", "not ", "-", "{% if a %}", "{{ f("].map { String(repeating: $0, count: 50_000) }
    let chains = ["+a", ".a", "|trim", " and a", "(a)"].map { "a" + String(repeating: $0, count: 50_000) }
    let macros = ["{% macro m(x) %}{{ (((m((((x))))))) }}{% endmacro %}{{ m([1]) }}"]
    let sources = deep.map { $0.hasPrefix("{") ? $0 : "{{ " + $0 } + chains.map { "{{ \($0) }}" } + macros
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      let thread = Thread {
        for source in sources {
          #expect(throws: TesseraError.self) { try JinjaTemplate(source).render(["a": .int(1)]) }
        }
        done.resume()
      }
      thread.stackSize = 1 << 21
      thread.start()
    }
  }

  @Test("a changed or cut template never does worse than an error")
  func mutations() throws {
    var state: UInt64 = 7
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let pieces = [
      "{%", "%}", "{{", "}}", "'", "(", ")", "[", "endfor", "if", "|", "-", "{#", "\\", "for x in y", "é",
    ]
    var failed = 0
    for name in ["llama3_1", "qwen2_5", "qwen2_vl", "zephyr"] {
      let source = Array(try ChatGolden.template(name).unicodeScalars)
      for _ in 0..<60 {
        var edited = source
        let place = next(edited.count)
        switch next(3) {
        case 0: edited.removeSubrange(place...)
        case 1: edited.removeSubrange(place..<min(edited.count, place + 1 + next(9)))
        default: edited.insert(contentsOf: Array(pieces[next(pieces.count)].unicodeScalars), at: place)
        }
        do {
          _ = try JinjaTemplate(JinjaText(edited).string).render(["messages": .list([])])
        } catch is TesseraError {
          failed += 1
        }
      }
    }
    #expect(failed > 100)
  }

  @Test("strings are scalars, not clusters")
  func scalars() throws {
    #expect(
      try render("{{ 'e\u{301}' == '\u{E9}' }} {{ 'e\u{301}'|length }} {{ '\\r\\n'|length }}") == "False 2 2")
    #expect(try render("{{ 'ΑΣ'|lower }} {{ 'ß'|upper }} {{ 'ǆ'|capitalize }}") == "ας SS ǅ")
  }

  @Test("numbers print as Python's")
  func numbers() throws {
    let texts = [
      "1e16", "1e15", "0.0001", "0.00001", "123456789012345680.0", "1.5e300", "5e-324", "100.0", "0.1",
    ]
    let expected = "1e+16 1000000000000000.0 0.0001 1e-05 1.2345678901234568e+17 1.5e+300 5e-324 100.0 0.1"
    #expect(try render("{{ \(texts.joined(separator: " ~ ' ' ~ ")) }}") == expected)
  }

  @Test("the clock is the caller's")
  func clock() throws {
    let template = try JinjaTemplate("{{ strftime_now('%Y') }}")
    #expect(try template.render([:], clock: { _ in "then" }).text == "then")
    #expect(try template.render([:]).text.count == 4)
  }
}
