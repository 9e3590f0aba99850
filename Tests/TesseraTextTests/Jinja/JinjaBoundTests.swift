import TesseraCore
import TesseraText
import Testing

/// Templates that the fuzzer, or the search for what it would find, brought to a crash or to hours of work.
@Suite("Bounds of templates") struct JinjaBoundTests {
  /// A namespace `ns` whose `x` grows by one level a turn: freeing a chain of 100,000 took more stack than there is.
  private static func chain(_ body: String) -> String {
    "{% set ns = namespace(x=1) %}{% macro m() %}{% set ns.x = varargs %}{% endmacro %}"
      + "{% macro k() %}{% set ns.x = kwargs %}{% endmacro %}{% for j in range(100000) %}\(body){% endfor %}"
  }

  @Test(
    "values inside of each other are counted through loops, methods and macros too",
    arguments: [
      "{% for i in [ns.x] %}{% set ns.x = loop %}{% endfor %}", "{% set ns.x = [ns.x].index %}",
      "{% set ns.x = {'a': ns.x}.get %}", "{% set ns.x = [ns.x].copy %}", "{{ m(ns.x) }}", "{{ k(a=ns.x) }}",
      "{% for i in [1] %}{% if loop.changed(ns.x) %}{% endif %}{% set ns.x = loop %}{% endfor %}",
    ])
  func chains(_ body: String) {
    let error = #expect(throws: TesseraError.self) { try JinjaTemplate(Self.chain(body)).render([:]) }
    guard case .limitExceeded? = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("a caller that keeps the one before is let go of without a stack of frames") func callers() throws {
    let source =
      "{% set ns = namespace(x=1) %}{% macro m() %}{% set ns.x = caller %}{% endmacro %}"
      + "{% for j in range(100000) %}{% set y = ns.x %}{% call m() %}{% endcall %}{% endfor %}"
    #expect(try JinjaTemplate(source).render([:]).text.isEmpty)
  }

  /// Two equal lists of 2¹⁷ numbers, each kept as 17 lists of one other twice.
  private static let shared =
    "{% set ns = namespace(x=[1], y=[1]) %}{% for j in range(17) %}{% set ns.x = [ns.x, ns.x] %}"
    + "{% set ns.y = [ns.y, ns.y] %}{% endfor %}{% set a = 'a' * 1000000 %}{% for j in range(100000) %}"

  @Test(
    "going over a value is counted as its size",
    arguments: [
      "{% if ns.x == ns.y %}{% endif %}", "{% if ns.x in [ns.y] %}{% endif %}",
      "{% if ns.x is eq(ns.y) %}{% endif %}",
      "{% if [ns.x, ns.y] | sort %}{% endif %}", "{% if ns.x < ns.y %}{% endif %}",
      "{% if [ns.x].index(ns.y) %}{% endif %}", "{% if {}[(ns.x, 1)] %}{% endif %}",
      "{% if a is lower %}{% endif %}",
      "{% if a.find('b') %}{% endif %}", "{% if a.isalpha() %}{% endif %}",
    ])
  func work(_ body: String) {
    let error = #expect(throws: TesseraError.self) {
      try JinjaTemplate(Self.shared + body + "{% endfor %}").render([:])
    }
    guard case .limitExceeded? = error?.reason else {
      Issue.record("\(body): \(String(describing: error))")
      return
    }
  }

  @Test("a long part is found where a search place by place finds it") func search() {
    var state: UInt32 = 9
    func next(_ bound: Int) -> Int {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int(state >> 8) % bound
    }
    for trial in 0..<2000 {
      let text = JinjaText((0..<next(120)).map { _ in next(9) == 0 ? "b" : "a" })
      let part = JinjaText((0..<17 + next(30)).map { _ in next(20) == 0 ? "b" : "a" })
      let places = (0..<max(0, text.count - part.count + 1)).filter {
        text.scalars[$0..<$0 + part.count].elementsEqual(part.scalars)
      }
      let start = trial % 5
      #expect(text.find(part, from: start) == places.first { $0 >= start }, "\(part) in \(text)")
      #expect(text.findLast(part) == places.last, "\(part) in \(text)")
    }
  }

  @Test("a text that repeats itself is searched in one pass") func repetition() throws {
    let source =
      "{% set a = 'a' * 1000000 %}{% set b = 'a' * 500000 ~ 'b' %}"
      + "{{ b in a }} {{ a.rfind(b) }} {{ a.replace(b, 'c') | length }} {{ a.split(b) | length }}"
    #expect(try JinjaTemplate(source).render([:]).text.string == "False -1 1000000 1")
  }
}
