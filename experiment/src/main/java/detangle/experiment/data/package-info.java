/** What tasks read: files of their folders, and the common features of texts. */
package detangle.experiment.data;
