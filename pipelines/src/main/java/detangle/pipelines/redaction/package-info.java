/** What {@link detangle.pipelines.Redactor} puts in the place of what was found, and what it answers. */
package detangle.pipelines.redaction;
