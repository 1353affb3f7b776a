"""What instructors need beside the course: releases, submissions, grades of a class, reports. The core knows none of it."""
