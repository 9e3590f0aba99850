import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal

/// `tessera list`: a folder's listing in one file, so that no run need walk the folder again.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Write the listing of a folder of class folders to a file.",
    discussion: """
      ImageFolder(list:) and every command that takes a list read it, a million pictures in a fraction of a second. The listing is torchvision's: \
      classes and files in its order; a class without pictures is an error.
      """)

  @ArgumentParser.Argument(help: ArgumentHelp("A folder of class folders.", valueName: "src"))
  var source: String

  @Option(name: [.short, .long], help: ArgumentHelp("The list to write.", valueName: "file"))
  var output: String

  @Flag(help: "Classes without pictures keep their label instead of being an error.")
  var allowEmptyClasses = false

  func run() throws {
    do {
      // The list may be read from anywhere.
      let root = source.hasPrefix("/") ? source : FileManager.default.currentDirectoryPath + "/" + source
      let folder = try ImageFolder(root, allowEmptyClasses: allowEmptyClasses)
      Talk.notices(folder.notices)
      try folder.writeList(to: output)
      print(
        "\(output.visible): \(Words.count(folder.count, "picture")) of \(folder.classes.count) "
          + (folder.classes.count == 1 ? "class" : "classes"))
    } catch let error as TesseraError {
      Talk.say("tessera: \(error)")
      throw ExitCode.failure
    }
  }
}
