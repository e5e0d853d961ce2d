package detangle.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The folders of a repository in which sentence-transformers keeps the modules of a model.
 *
 * @param encoder the folder of the encoder, with a slash at its end; empty for the repository's own
 * @param behind those of modules behind it that have one
 * @param configured those of {@code behind} that cannot do without a configuration
 */
record RepositoryModules(String encoder, List<String> behind, List<String> configured) {
    static final String FILE = "modules.json";

    static final RepositoryModules NONE = new RepositoryModules("", List.of(), List.of());

    private static final Pattern FOLDER =
            Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*");

    /** Modules of a model: far more than any has. */
    private static final int MAX_MODULES = 100;

    private static final int MAX_FOLDER_NAME_LENGTH = 255;
    private static final Set<String> CONFIGURED = Set.of("Pooling", "Dense", "LayerNorm");

    /** Returns the modules that modules.json in a folder names, or no modules if there is no such file. */
    static RepositoryModules in(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            return NONE;
        }
        JsonNode modules;
        try {
            modules = HubJson.read(file);
        } catch (IOException | JacksonException e) {
            throw new HubException(file + " is not JSON that names modules", e);
        }
        if (modules.size() > MAX_MODULES) {
            throw new HubException(
                    file + " names " + modules.size() + " modules, and at most " + MAX_MODULES + " are read");
        }
        String encoder = "";
        List<String> behind = new ArrayList<>();
        List<String> configured = new ArrayList<>();
        for (JsonNode module : modules) {
            String path = module.path("path").asString("");
            String type = module.path("type").asString("").replaceFirst(".*\\.", "");
            if (path.isEmpty()) {
                continue;
            }
            if (path.length() > MAX_FOLDER_NAME_LENGTH || !FOLDER.matcher(path).matches()) {
                throw new HubException(file + " names the folder " + path + ", which is not one of a repository");
            }
            if (type.equals("Transformer")) {
                encoder = path + "/";
            } else {
                behind.add(path);
            }
            if (CONFIGURED.contains(type)) {
                configured.add(path);
            }
        }
        return new RepositoryModules(encoder, behind, configured);
    }
}
