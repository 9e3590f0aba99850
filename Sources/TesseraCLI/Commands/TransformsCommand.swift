import ArgumentParser
import Tessera
import TesseraTerminal

/// `tessera transforms`: what a pipeline can hold.
struct TransformsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transforms", abstract: "List all transforms with their arguments and defaults.")

  @ArgumentParser.Argument(help: ArgumentHelp("Only these transforms.", valueName: "name"))
  var names: [String] = []

  @Flag(help: "As JSON.")
  var json = false

  @Flag(help: "As a Markdown table: the README's.")
  var markdown = false

  mutating func validate() throws {
    if json && markdown { throw ValidationError("give only one of --json and --markdown") }
    let known = Set(TransformRegistry.schemas.flatMap { [$0.name] + $0.aliases })
    for name in names where !known.contains(name) {
      throw ValidationError("there is no transform '\(name)'; `tessera transforms` lists all")
    }
  }

  func run() throws {
    let schemas = TransformRegistry.schemas.filter { schema in
      names.isEmpty || names.contains(schema.name) || schema.aliases.contains(where: names.contains)
    }
    if json {
      print(JSONText.array(schemas.map(Self.json)).text)
      return
    }
    for group in TransformGroup.allCases {
      let members = schemas.filter { $0.group == group }
      if members.isEmpty { continue }
      if markdown { Self.printTable(group, members) } else { Self.printList(group, members) }
    }
  }

  private static func heading(_ group: TransformGroup) -> String {
    switch group {
    case .geometry: "Geometry"
    case .colour: "Colour"
    case .noise: "Noise"
    case .tensor: "Tensor"
    case .model: "Models"
    case .composition: "Composition"
    case .operation: "Operations: transforms with every number fixed, as draws print them"
    }
  }

  private static func printTable(_ group: TransformGroup, _ schemas: [TransformSchema]) {
    print("\n### \(heading(group))\n\n| transform | arguments and defaults | what it does |\n|---|---|---|")
    for schema in schemas {
      let arguments = schema.arguments.map { "`\(brief($0))`" }.joined(separator: ", ")
      let cells = ["`\(schema.name)`", arguments, schema.summary].map { $0.replacing("|", with: "\\|") }
      print("| \(cells.joined(separator: " | ")) |")
    }
  }

  private static func printList(_ group: TransformGroup, _ schemas: [TransformSchema]) {
    print("\(heading(group))\n")
    for schema in schemas {
      print(
        "  \(schema.name)\(schema.arguments.isEmpty ? "" : "(\(schema.arguments.map(brief).joined(separator: ", ")))")"
      )
      print("      \(schema.summary)")
      if !schema.aliases.isEmpty { print("      also: \(schema.aliases.joined(separator: ", "))") }
      let rows = schema.arguments.map { ["        \($0.name)", $0.type, $0.summary] }
      for line in TextTable.lines(rows) { print(line) }
      print("")
    }
  }

  /// `size`, `filter: bilinear`.
  private static func brief(_ argument: ArgumentSchema) -> String {
    argument.defaultValue.map { "\(argument.name): \($0)" } ?? argument.name
  }

  private static func json(_ schema: TransformSchema) -> JSONText {
    .object([
      ("name", .string(schema.name)), ("aliases", .array(schema.aliases.map { .string($0) })),
      ("group", .string(schema.group.rawValue)), ("summary", .string(schema.summary)),
      (
        "arguments",
        .array(
          schema.arguments.map { argument in
            .object([
              ("name", .string(argument.name)), ("type", .string(argument.type)),
              ("required", .bool(argument.isRequired)),
              ("default", JSONText(argument.defaultValue.map { "\($0)" })),
              ("summary", .string(argument.summary)),
            ])
          })
      ),
    ])
  }
}
