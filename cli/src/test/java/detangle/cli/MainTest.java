package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the command line says before any command runs. */
class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        return Main.run(new PrintWriter(out), new PrintWriter(err, true), args);
    }

    @Test
    void withoutACommandThereIsNothingToDo() {
        assertEquals(2, run());
        assertEquals("detangle: name a command, such as classify; see detangle --help\n", err.toString());
    }

    @Test
    void aTextMayBeginAsTheNameOfAFileDoesElsewhere(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("arguments"), "--version");
        assertEquals(0, run("classify", "@" + file), err.toString());
        assertTrue(out.toString().matches("[a-z_]+ \\(0[.][0-9]+\\)\\R"), out.toString());
    }

    @Test
    void whatIsWrongWithArgumentsIsOneCleanLine() {
        assertEquals(2, run("classify", "--\u001b[2Jmodel\nx", "text"));
        assertEquals(1, err.toString().lines().count());
        assertTrue(err.toString().contains("'--\\u001b[2Jmodel\\nx'"), err.toString());
    }

    @Test
    void aTerminalIsNotSteeredByTextsAndOtherTargetsGetThemAsTheyAre() {
        String text = "a\u001b[31m\tb\u009b0m\u0007\r\n";
        ByteArrayOutputStream screen = new ByteArrayOutputStream();
        PrintWriter terminal = CheckedWriter.terminal("standard output", screen);
        terminal.print(text);
        terminal.flush();
        assertEquals("a\\u001b[31m\tb\\u009b0m\\u0007\r\n", screen.toString(StandardCharsets.UTF_8));
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        PrintWriter printer = CheckedWriter.printer("a.csv", file);
        printer.print(text);
        printer.flush();
        assertEquals(text, file.toString(StandardCharsets.UTF_8));
    }

    @Test
    void warningsAreOneCleanLineEach() {
        LogRecord record = new LogRecord(Level.WARNING, "a.json says {0}");
        record.setParameters(new Object[] {"x\n\u001b[2J"});
        assertEquals("detangle: a.json says x\\n\\u001b[2J" + System.lineSeparator(), new LogLine().format(record));
    }

    @Test
    void helpListsTheCommands() {
        assertEquals(0, run("help"));
        assertTrue(out.toString().contains("zero-shot-classification"), out.toString());
        assertEquals("", err.toString());
    }

    @Test
    void helpOfACommandIsItsHelp() {
        assertEquals(0, run("help", "export"));
        String help = out.toString();
        out.getBuffer().setLength(0);
        assertEquals(0, run("export", "--help"));
        assertEquals(out.toString(), help);
        assertTrue(help.contains("onnx, torchscript"), help);
    }

    @Test
    void everyCommandTellsItsVersion() {
        assertEquals(0, run("classify", "--version"));
        assertTrue(out.toString().startsWith("detangle 0."), out.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "clasify x | there is no command 'clasify': did you mean classify?; see detangle --help",
                "help clasify | there is no command 'clasify': did you mean classify?; see detangle --help",
                "translate | there is no command 'translate'; see detangle --help",
                "classify --modle m x | there is no option '--modle': did you mean --model?; see detangle classify --help",
                "classify --batch many x | --batch must be a whole number, not 'many'; see detangle classify --help",
                "extract --threshold low x | --threshold must be a number, not 'low'; see detangle extract --help",
                "classify --format jso x | --format must be one of text, marked, json, jsonl, csv, tsv, parquet, npy, not 'jso': did you mean json?; see detangle classify --help",
                "classify --truncation=first x | --truncation must be one of longest_first, only_first, only_second, not 'first'; see detangle classify --help",
                "token-classification --aggregation-strategy averge x | --aggregation-strategy must be one of none, simple, first, average, max, not 'averge': did you mean average?; see detangle token-classification --help",
                "classify --threads 0 x | --threads is '0': give a number from 1 to 9999, or auto; see detangle classify --help",
                "tokenize m --tokenizer fast x | --tokenizer must be one of huggingface, slow, sentencepiece, gpt2, not 'fast'; see detangle tokenize --help",
                "completion fish | the shell must be one of bash, zsh, not 'fish'; see detangle completion --help",
                "run m --inputs i --output o --convention huggingfase | --convention must be one of huggingface, microsoft, not 'huggingfase': did you mean huggingface?; see detangle run --help",
                "compile m -o a.dtl --weight-type fp8 | --weight-type must be one of fp32, fp16, bf16, not 'fp8'; see detangle compile --help",
                "feature-extraction --truncate-dim 0 hi | --truncate-dim must be at least 1; see detangle feature-extraction --help",
                "serve --task rank | --task must be one of extract, schema-extraction, zero-shot-classification, feature-extraction, text-ranking,"
                        + " text-classification, token-classification, question-answering, multiple-choice, fill-mask, replaced-token-detection,"
                        + " sentence-similarity, bertscore, redact, not 'rank'; see detangle serve --help",
                "serve --api-key  --port 1 | --api-key is empty: name a key, or leave the option out to serve everybody;"
                        + " see detangle serve --help",
                "predict m -o out.csv data.csv | -o stands before FILE: give MODEL, then FILE, and options behind them;"
                        + " see detangle predict --help",
                "verify a b | 'b' is one argument too many; see detangle verify --help",
                "run m --inputs i --output o --threads all | --threads is 'all': give a number from 1 to 9999, or auto;"
                        + " see detangle run --help",
                "bench m --threads 1,0 | --threads is '0': give a number from 1 to 9999, or auto; see detangle bench"
                        + " --help",
            })
    void wrongUseIsOneLineThatSaysWhatWasMeant(String line, String message) {
        assertEquals(2, run(line.split(" ")));
        assertEquals("detangle: " + message + "\n", err.toString());
        assertEquals("", out.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"bash", "zsh"})
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no bash")
    void shellsCompleteCommandsOptionsAndValues(String shell, @TempDir Path folder)
            throws IOException, InterruptedException {
        assertEquals(0, run("completion", shell));
        Path script = Files.writeString(folder.resolve("script"), out + """
                compopt() { :; }
                complete_words() {
                    COMP_WORDS=("$@")
                    COMP_CWORD=$(($# - 1))
                    COMP_TYPE=9
                    COMPREPLY=()
                    _complete_detangle
                    echo $(printf '%s\n' ${COMPREPLY[*]} | sort)
                }
                complete_words detangle clas
                complete_words detangle run --weig
                complete_words detangle run --convention ""
                complete_words detangle run --precision ""
                complete_words detangle run --head re
                complete_words detangle train --eval-strategy ""
                """);
        Process bash = new ProcessBuilder("bash", script.toString())
                .redirectErrorStream(true)
                .start();
        String completed = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertEquals(0, bash.waitFor(), completed);
        assertEquals("""
                classify
                --weight-type --weights
                huggingface microsoft
                auto bf16 fp16 fp32 tf32
                replaced-token-detection
                epoch no steps
                """, completed);
    }
}
