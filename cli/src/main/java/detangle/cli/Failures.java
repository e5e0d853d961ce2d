package detangle.cli;

import detangle.backend.BackendException;
import detangle.backend.InputException;
import detangle.bench.BenchException;
import detangle.compiler.CompileException;
import detangle.export.ExportException;
import detangle.hub.HubException;
import detangle.ir.IrException;
import detangle.ir.interpreter.InterpreterException;
import detangle.ir.text.ParseException;
import detangle.models.deberta.ConfigException;
import detangle.models.deberta.HeadException;
import detangle.models.text.TokenizerException;
import detangle.models.weights.ArtifactException;
import detangle.models.weights.WeightsException;
import detangle.pipelines.PipelineException;
import detangle.server.ServerException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** What a failure says on the command line: one line. */
final class Failures {
    private Failures() {}

    /** A fault of what the user gave; the message says what to do. */
    static final class CliException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        CliException(String message) {
            super(message);
        }
    }

    static String message(Exception e) {
        return switch (e) {
            case CliException known -> oneLine(known);
            case HeadException known -> oneLine(known);
            case ConfigException known -> oneLine(known);
            case ArtifactException known -> oneLine(known);
            case WeightsException known -> oneLine(known);
            case TokenizerException known -> oneLine(known);
            case CompileException known -> oneLine(known);
            case BackendException known -> oneLine(known);
            case InputException known -> oneLine(known);
            case InterpreterException known -> oneLine(known);
            case ParseException known -> oneLine(known);
            case IrException known -> oneLine(known);
            case BenchException known -> oneLine(known);
            case ExportException known -> oneLine(known);
            case HubException known -> oneLine(known);
            case detangle.backend.NotFiniteException known -> oneLine(known);
            case detangle.pipelines.NotFiniteException known -> oneLine(known);
            case PipelineException known -> oneLine(known);
            case ServerException known -> oneLine(known);
            case UncheckedIOException io ->
                (io.getCause() instanceof FileSystemException file ? file.getFile() + ": " : "")
                        + reason(io.getCause());
            default -> "internal error: " + e + "; run it with --verbose and report what it prints";
        };
    }

    /** Why something cannot be read, in words: some of these exceptions' messages are bare paths. */
    static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "it does not exist";
            case AccessDeniedException denied -> "no permission to read it";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> String.valueOf(e.getMessage()).lines().findFirst().orElse(e.toString());
        };
    }

    private static String oneLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse(e.toString());
    }
}
