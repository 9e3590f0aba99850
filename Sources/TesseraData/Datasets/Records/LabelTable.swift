internal import TesseraCore
internal import TesseraTransforms

/// The labels of a list, four bytes each, and the names of the classes.
struct LabelTable: Sendable {
  /// What a record says of its class.
  enum Raw: Sendable, Equatable {
    case none
    case name(String)
    case number(Int)
  }

  /// Records without a label, and those whose label cannot be told.
  static let (none, fault): (Int32, Int32) = (-1, -2)

  private(set) var labels: [Int32] = []
  private(set) var classes: [String]
  private var numbers: [String: Int32] = [:]
  private let isGiven: Bool
  private var firstName: Int?
  private var firstNumber: Int?
  private var isText = false

  /// - Parameter classes: the classes in their order, if the caller knows them.
  /// - Throws: `invalidArgument` if two have one name.
  init(classes: [String]?) throws {
    self.classes = classes ?? []
    isGiven = classes != nil
    for (index, name) in self.classes.enumerated() {
      guard numbers.updateValue(Int32(index), forKey: name) == nil else {
        throw TesseraError(
          .invalidArgument(
            name: "classes", expected: "names of which no two are equal", got: "'\(name)' twice"))
      }
    }
  }

  /// What a value says.
  ///
  /// - Throws: `corrupt` for what can be no label.
  static func raw(_ value: JSONValue?) throws -> Raw {
    switch value {
    case nil: return .none
    case .string(let name): return .name(name)
    case .int(let number) where number >= 0 && number <= Int32.max: return .number(number)
    case .int(let number): throw wrong("\(number)")
    case .double(let number): throw wrong("\(number)")
    case let value?: throw wrong(value.kind)
    }
  }

  private static func wrong(_ got: String) -> TesseraError {
    PictureList.fault("the label must be a name or a whole number from 0 to \(Int32.max), got \(got)")
  }

  /// Adds a record's label; what cannot be one is marked, and said when the record is asked for.
  mutating func append(_ record: Result<Record, TesseraError>, _ column: ListColumns.Column) {
    guard case .success(let record) = record, let raw = try? Self.raw(column.value(in: record)) else {
      labels.append(Self.fault)
      return
    }
    switch raw {
    case .none: labels.append(Self.none)
    case .name(let name):
      isText = record.isText
      if isGiven {
        labels.append(given(raw) ?? Self.fault)
      } else {
        if firstName == nil { firstName = labels.count }
        let next = Int32(numbers.count)
        labels.append(numbers[name] ?? next)
        if labels.last == next { numbers[name] = next }
      }
    case .number(let number):
      if firstNumber == nil { firstNumber = labels.count }
      labels.append(isGiven ? given(raw) ?? Self.fault : Int32(number))
    }
  }

  /// The label among given classes: by name, else by number.
  private func given(_ raw: Raw) -> Int32? {
    switch raw {
    case .none: return Self.none
    case .number(let number): return classes.indices.contains(number) ? Int32(number) : nil
    case .name(let name):
      if let known = numbers[name] { return known }
      guard isText, let number = Self.wholeNumber(name), classes.indices.contains(Int(number)) else {
        return nil
      }
      return number
    }
  }

  /// Numbers the names in the order of their Unicode scalars. CSV's labels that are all whole numbers stay numbers.
  ///
  /// - Throws: `corrupt` if some labels are names and some are numbers.
  mutating func finish() throws {
    guard !isGiven else { return }
    if let firstName, let firstNumber {
      throw TesseraError(
        .corrupt(
          format: "the list",
          detail: "some labels are names (record \(firstName + 1)) and some are numbers "
            + "(record \(firstNumber + 1)); use one kind"))
    }
    guard firstName != nil else { return }
    var map = [Int32](repeating: 0, count: numbers.count)
    let values = numbers.map { (name: $0.key, old: $0.value, number: Self.wholeNumber($0.key)) }
    if isText, let name = values.first(where: { !$0.name.utf8.allSatisfy { (48...57).contains($0) } }),
      let other = values.first(where: { $0.number != nil })
    {
      // One mistyped label would renumber all others.
      throw TesseraError(
        .corrupt(
          format: "the list",
          detail:
            "some labels are names ('\(name.name)') and some are numbers (\(other.name)); use one kind, or "
            + "name all classes (classes:)"))
    }
    if isText && values.allSatisfy({ $0.number != nil }) {
      for value in values { map[Int(value.old)] = value.number ?? 0 }
    } else {
      let sorted = values.sorted { $0.name.unicodeScalars.lexicographicallyPrecedes($1.name.unicodeScalars) }
      for (new, value) in sorted.enumerated() { map[Int(value.old)] = Int32(new) }
      classes = sorted.map(\.name)
    }
    for index in labels.indices where labels[index] >= 0 { labels[index] = map[Int(labels[index])] }
    numbers = [:]
  }

  /// The number that a text is the plain notation of.
  private static func wholeNumber(_ text: String) -> Int32? {
    guard let number = Int32(text), number >= 0, String(number) == text else { return nil }
    return number
  }

  /// A record's label.
  ///
  /// - Throws: `corrupt` with what is wrong with it.
  func label(at index: Int, _ value: @autoclosure () throws -> JSONValue?) throws -> Int? {
    let label = labels[index]
    if label >= 0 { return Int(label) }
    if label == Self.none { return nil }
    let raw = try Self.raw(value())
    let got =
      switch raw {
      case .name(let name): "'\(name)'" + Suggestion.near(name, among: classes)
      case .number(let number): "\(number)"
      case .none: "nothing"
      }
    throw PictureList.fault("the label must be one of the \(classes.count) classes, got \(got)")
  }
}
