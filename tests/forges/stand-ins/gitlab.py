"""The notes of a merge request, as GitLab's API has them: in the file of the first argument. Prints its port."""

import email
import http.server
import json
import sys

NOTES = "/api/v4/projects/3/merge_requests/7/notes"
FILE = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_one(self):
        path = self.path.split("?")[0]
        with open(FILE) as file:
            notes = json.load(file)
        if self.headers["PRIVATE-TOKEN"] != "glpat-test" or not path.startswith(NOTES):
            return self.answer(404, {"message": "404 Not found"})
        if self.command == "GET":
            return self.answer(200, notes)
        form = self.rfile.read(int(self.headers["Content-Length"]))
        head = "Content-Type: {}\n\n".format(self.headers["Content-Type"]).encode()
        (part,) = email.message_from_bytes(head + form).get_payload()
        assert part.get_param("name", header="Content-Disposition") == "body"
        body = part.get_payload(decode=True).decode()
        if self.command == "POST" and path == NOTES:
            notes.append({"id": 100 + len(notes), "body": body})
        else:
            (note,) = [note for note in notes if path == "{}/{}".format(NOTES, note["id"])]
            note["body"] = body
        with open(FILE, "w") as file:
            json.dump(notes, file)
        self.answer(201, {})

    do_GET = do_POST = do_PUT = handle_one

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
