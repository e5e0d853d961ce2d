package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.compiler.CompileException;
import detangle.compiler.Compiler;
import detangle.compiler.Pass;
import detangle.compiler.Passes;
import detangle.ir.Level;
import detangle.ir.Program;
import detangle.ir.Verifier;
import detangle.ir.text.Parser;
import detangle.ir.text.Printer;
import detangle.models.files.ModelFile;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "opt",
        description = "Runs passes over a program in text form and prints the result.",
        mixinStandardHelpOptions = true)
final class OptCommand implements Runnable {
    /** The prefix of a line that names passes. */
    private static final String PASSES = "// passes ";

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE.dtir", description = "The file of the program.")
    private Path file;

    @Option(
            names = "--passes",
            split = ",",
            paramLabel = "PASS",
            description =
                    "Passes in order, separated by commas. By default those that the file names in a comment of its own"
                            + " line, such as // passes canonicalise, fuse-linear; a file without it is verified and printed.")
    private List<String> passes;

    @Override
    public void run() {
        String text = read();
        List<String> names = passes == null ? namedIn(text) : passes;
        List<Pass> chosen = names.stream().map(Passes::named).toList();
        Program program = Parser.parse(file.toString(), text);
        Verifier.check(program, Level.PASSES);
        Program result = run(program, chosen);
        spec.commandLine().getOut().print(Printer.print(result));
        spec.commandLine().getOut().flush();
    }

    private static List<String> namedIn(String text) {
        return text.lines()
                .filter(line -> line.startsWith(PASSES))
                .findFirst()
                .map(line -> List.of(line.substring(PASSES.length()).strip().split(" *, *")))
                .orElse(List.of());
    }

    private Program run(Program program, List<Pass> chosen) {
        try {
            return Compiler.run(program, chosen, (pass, p) -> {});
        } catch (CompileException e) {
            throw new CompileException(file + ": " + e.getMessage());
        }
    }

    private String read() {
        try {
            return ModelFile.read(file).text();
        } catch (CharacterCodingException e) {
            throw new CliException(file + " is not UTF-8");
        } catch (IOException e) {
            throw new CliException(file + " cannot be read: " + e.getMessage());
        }
    }
}
